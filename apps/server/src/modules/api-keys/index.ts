export { createApiKeyRepository } from './api-key.repository.ts';
export { authenticateApiKey } from './authenticate-api-key.ts';
export { createApiKey, issueApiKey } from './create-api-key.ts';
export { listApiKeys } from './list-api-keys.ts';
export { revokeApiKey } from './revoke-api-key.ts';
export { rotateApiKey } from './rotate-api-key.ts';
export { apiKeysRouter } from './router.ts';
