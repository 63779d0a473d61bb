export { ThriveError } from '../errors.ts';
export type { CallOptions, Page } from './caller.ts';
export type * from './generated/api.ts';
export type * from './generated/types.ts';
export { type SignWebhookOptions, signWebhook } from './sign-webhook.ts';
export { ThriveAdmin, type ThriveAdminOptions } from './thrive-admin.ts';
export { type VerifyWebhookOptions, verifyWebhook, type WebhookHeaders } from './verify-webhook.ts';
