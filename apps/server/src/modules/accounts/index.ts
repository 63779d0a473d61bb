export { type AccountRepository, createAccountRepository } from './account.repository.ts';
export { newAccount, rateWindows } from './account.ts';
export { createAccount } from './create-account.ts';
