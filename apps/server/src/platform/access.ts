/** What a call does, as far as a subscription is concerned: look, change something, or serve the vendor's end users. */
export type Use = 'read' | 'write' | 'device';

/** What the state of its subscription lets an account do. */
export type Access =
  | { readonly allowed: true; readonly warning: 'PAYMENT_PAST_DUE' | null }
  | { readonly allowed: false; readonly code: 'PAYMENT_REQUIRED' | 'SUBSCRIPTION_INACTIVE' };
