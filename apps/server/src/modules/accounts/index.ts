export { type AccountRepository, createAccountRepository } from './account.repository.ts';
export { type AccountRecord, accountNow, newAccount, rateWindows } from './account.ts';
