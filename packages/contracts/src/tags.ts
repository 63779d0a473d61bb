/** The headings under which documents list the operations, in their order. */
export const tagDescriptions = {
  'Platform plans': 'What the platform offers to vendors, and where the limits of each plan lie.',
  Billing: 'What the vendor pays for the platform: subscription, usage, invoices, payment methods.',
  Products: 'What the vendor sells, with the terms that its licenses get.',
  Customers: 'Who bought.',
  Licenses: 'The right to use a product: its terms, its state and its devices.',
  Activations: 'The four calls that apps make. A channel key is enough for them.',
  'API keys': 'Who may call this API.',
  'Events and audit': 'What happened, and who did it.',
  Webhooks: 'Events as they are sent to the endpoints of the vendor.',
} as const;
export type Tag = keyof typeof tagDescriptions;
