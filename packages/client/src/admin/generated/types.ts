// Made from apps/server/openapi.json by `npm run generate -w @thrivetech/sdk`. Changes belong there.

/** A type of event, `license.*` for all of a noun, or `*` for all. */
export type EventPattern =
  | '*'
  | 'license.*'
  | 'subscription.*'
  | 'payment.*'
  | 'license.created'
  | 'license.activated'
  | 'license.deactivated'
  | 'license.expired'
  | 'license.revoked'
  | 'subscription.created'
  | 'subscription.updated'
  | 'subscription.canceled'
  | 'subscription.renewed'
  | 'payment.succeeded'
  | 'payment.failed';

/** `admin` may do everything, `read_only` every read, `channel` the four activation calls. */
export type ApiKeyType = 'admin' | 'read_only' | 'channel';

/** `active` includes the days of grace after `expires_at`. */
export type LicenseStatus = 'active' | 'expired' | 'suspended' | 'revoked' | 'not_started';

/** From when the duration runs. */
export type ExpiryBasis = 'creation' | 'first_activation';

/** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
export type LicenseType = 'perpetual' | 'timed' | 'subscription' | 'floating' | 'trial';

/** The content of a `.lreq` file, as the app wrote it. */
export interface LicenseRequest {
  format: 'thrive-license-request';
  version: 1;
  /** Id of the product. */
  product_id: string;
  device: {
    /** Names the machine: hash of its strong components, or the app's own. */
    fingerprint: string;
    /** HMAC of each part, keyed per product; each is optional. */
    components?: DeviceComponents | undefined;
    /**
     * @minLength 1
     * @maxLength 200
     */
    name?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    platform?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    arch?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    os_version?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    app_version?: string | undefined;
    environment?: 'desktop' | 'server' | 'container' | 'vm' | 'ci' | undefined;
  };
  /** The lease of the file carries it, so that the app knows which of its requests is answered. */
  nonce: string;
  /** The license that the app has already; another one is then refused. */
  license_id?: string | undefined;
  /** @format date-time */
  created_at: string;
}

/** HMAC of each part, keyed per product; each is optional. */
export interface DeviceComponents {
  os_install_id?: string | undefined;
  board_id?: string | undefined;
  boot_disk?: string | undefined;
  mac?: string | undefined;
  cpu?: string | undefined;
}

/** The right to use a product. */
export interface License {
  /** Id of the license. */
  id: string;
  /** In full for an admin key on create and get; else only its last four characters. */
  key: string;
  /** Id of the product. */
  product_id: string;
  /** Id of the customer. */
  customer_id: string | null;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type: LicenseType;
  /** `active` includes the days of grace after `expires_at`. */
  status: LicenseStatus;
  device_limit: number;
  devices_used: number;
  /** What the license unlocks, at most 50 entries. */
  features: Record<string, boolean | number | string>;
  /** @format date-time */
  starts_at: string;
  expires_at: string | null;
  duration_days: number | null;
  /** From when the duration runs. */
  expiry_basis: ExpiryBasis;
  grace_days: number;
  first_activated_at: string | null;
  suspended_at: string | null;
  revoked_at: string | null;
  /** The vendor's own data, at most 50 entries. */
  metadata: Record<string, string | number | boolean | null>;
  notes: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
}

/** One activated machine: one seat of a license. */
export interface Device {
  /** Id of the device. */
  id: string;
  /** Id of the license. */
  license_id: string;
  status: 'active' | 'deactivated';
  seat: number;
  fingerprint: string;
  name: string | null;
  platform: string | null;
  arch: string | null;
  os_version: string | null;
  app_version: string | null;
  environment: string | null;
  /** @format date-time */
  activated_at: string;
  deactivated_at: string | null;
  /** @format date-time */
  last_seen_at: string;
}

export interface Plan {
  code: string;
  /** @minLength 1 */
  name: string;
  /** Rates and price by contract. */
  custom: boolean;
  prices: {
    currency: string;
    /**
     * Minor units per month.
     * @min 0
     */
    month: number;
    /**
     * Minor units per year.
     * @min 0
     */
    year: number;
  }[];
  /** @min 0 */
  trial_days: number;
  /** Requests per key class; null: by contract. */
  rate_limits: {
    per_minute: number | null;
    per_hour: number | null;
  };
  limits: {
    /** null: unlimited */
    products: number | null;
    /** null: unlimited */
    licenses: number | null;
    /** null: unlimited */
    customers: number | null;
    /** null: unlimited */
    activations: number | null;
    /** null: unlimited */
    api_keys: number | null;
    /** null: unlimited */
    webhook_endpoints: number | null;
  };
}

export interface Subscription {
  /** Id of the subscription. */
  id: string;
  plan_code: string;
  interval: 'month' | 'year';
  status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled';
  /** The operator set the plan up; there are no invoices, and only the operator changes it. */
  by_contract: boolean;
  currency: string | null;
  /** Minor units per interval; null: none. */
  price: number | null;
  /** @format date-time */
  current_period_start: string;
  /** null: it does not end by itself. */
  current_period_end: string | null;
  trial_end: string | null;
  cancel_at_period_end: boolean;
  /** When somebody asked for the end. */
  canceled_at: string | null;
  ended_at: string | null;
  pending_change: PendingPlanChange | null;
  /** The oldest invoice that waits for money. */
  open_invoice_id: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
}

export interface PendingPlanChange {
  plan_code: string;
  interval: 'month' | 'year';
  /** @format date-time */
  effective_at: string;
}

export interface Upgrade {
  dry_run: boolean;
  quote: UpgradeQuote;
  subscription: Subscription;
  /** null: a dry run, or nothing was charged. */
  invoice_id: string | null;
}

export interface UpgradeQuote {
  /**
   * Send it back within ten minutes to be charged exactly this.
   * @format date-time
   */
  proration_date: string;
  /** @format date-time */
  expires_at: string;
  currency: string | null;
  lines: InvoiceLine[];
  total: number;
  /** Paid out of the credit balance. */
  credit_applied: number;
  /** What is charged to the payment method. */
  amount_due: number;
}

export interface InvoiceLine {
  kind: 'subscription' | 'proration_credit' | 'proration_charge' | 'correction';
  description: string;
  plan_code: string;
  interval: 'month' | 'year';
  /** @format date-time */
  period_start: string;
  /** @format date-time */
  period_end: string;
  /** Minor units; a credit is below zero. */
  amount: number;
}

export interface Downgrade {
  subscription: Subscription;
  exceeds: ExceededLimit[];
}

export interface ExceededLimit {
  metric: 'products' | 'licenses' | 'customers' | 'activations' | 'api_keys' | 'webhook_endpoints';
  used: number;
  limit: number;
}

export interface Usage {
  plan_code: string;
  period: UsagePeriod;
  metrics: UsageMetric[];
}

export interface UsagePeriod {
  /** @format date-time */
  start: string;
  /** @format date-time */
  end: string;
}

export interface UsageMetric {
  metric:
    | 'products'
    | 'licenses'
    | 'customers'
    | 'activations'
    | 'api_keys'
    | 'webhook_endpoints'
    | 'api_requests'
    | 'validations';
  used: number;
  /** null: unlimited. */
  limit: number | null;
  /** null: unlimited. Never below zero. */
  remaining: number | null;
  /** null: it does not; it counts what there is. */
  resets_at: string | null;
}

export interface UsageSnapshot {
  /** Id of the usage snapshot. */
  id: string;
  plan_code: string;
  period: UsagePeriod;
  metrics: UsageMetricOfPeriod[];
  /** @format date-time */
  created_at: string;
}

export interface UsageMetricOfPeriod {
  metric:
    | 'products'
    | 'licenses'
    | 'customers'
    | 'activations'
    | 'api_keys'
    | 'webhook_endpoints'
    | 'api_requests'
    | 'validations';
  used: number;
  /** null: unlimited. */
  limit: number | null;
}

export interface Invoice {
  /** Id of the invoice. */
  id: string;
  /** Without gaps, taken when the invoice is finalized; null: a draft. */
  number: string | null;
  kind: 'subscription_create' | 'subscription_cycle' | 'subscription_update' | 'credit_note';
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  /** Id of the subscription. */
  subscription_id: string;
  /** What a credit note corrects. */
  credits_invoice_id: string | null;
  currency: string;
  lines: InvoiceLine[];
  /** Sum of the lines; below zero on a credit note. */
  total: number;
  /** Paid out of the credit balance. */
  credit_applied: number;
  amount_due: number;
  amount_paid: number;
  seller: InvoiceParty;
  buyer: InvoiceParty;
  /** @format date-time */
  period_start: string;
  /** @format date-time */
  period_end: string;
  payment_attempts: number;
  next_payment_attempt_at: string | null;
  /** @format date-time */
  created_at: string;
  finalized_at: string | null;
  paid_at: string | null;
}

export interface InvoiceParty {
  name: string;
  /** Address, tax number. */
  lines: string[];
}

export interface InvoiceWithPayments {
  /** Id of the invoice. */
  id: string;
  /** Without gaps, taken when the invoice is finalized; null: a draft. */
  number: string | null;
  kind: 'subscription_create' | 'subscription_cycle' | 'subscription_update' | 'credit_note';
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  /** Id of the subscription. */
  subscription_id: string;
  /** What a credit note corrects. */
  credits_invoice_id: string | null;
  currency: string;
  lines: InvoiceLine[];
  /** Sum of the lines; below zero on a credit note. */
  total: number;
  /** Paid out of the credit balance. */
  credit_applied: number;
  amount_due: number;
  amount_paid: number;
  seller: InvoiceParty;
  buyer: InvoiceParty;
  /** @format date-time */
  period_start: string;
  /** @format date-time */
  period_end: string;
  payment_attempts: number;
  next_payment_attempt_at: string | null;
  /** @format date-time */
  created_at: string;
  finalized_at: string | null;
  paid_at: string | null;
  /** The newest first. */
  payments: Payment[];
}

export interface Payment {
  /** Id of the payment. */
  id: string;
  /** `unknown`: the provider has not answered; it is asked again before anything else happens. */
  status: 'pending' | 'unknown' | 'requires_action' | 'succeeded' | 'failed';
  amount: number;
  currency: string;
  provider: string;
  failure_code: string | null;
  /** Where the payer confirms it. */
  action_url: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
}

export interface PaymentMethod {
  /** Id of the payment method. */
  id: string;
  kind: string;
  brand: string | null;
  last_four: string | null;
  exp_month: number | null;
  exp_year: number | null;
  is_default: boolean;
  /** @format date-time */
  created_at: string;
}

export interface AddedPaymentMethod {
  payment_method: PaymentMethod | null;
  set_up_url: string | null;
}

export interface TestClock {
  /** @format date-time */
  now: string;
}

/** What the vendor sells. */
export interface Product {
  /** Id of the product. */
  id: string;
  name: string;
  code: string | null;
  description: string | null;
  status: 'active' | 'archived';
  license_defaults: LicenseDefaults;
  /** The vendor's own data, at most 50 entries. */
  metadata: Record<string, string | number | boolean | null>;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
}

export interface LicenseDefaults {
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type: LicenseType;
  /**
   * @min 1
   * @max 1000000
   */
  device_limit: number;
  duration_days: number | null;
  /** Length of a trial; null: the product offers none. */
  trial_days: number | null;
  /**
   * How long a device may stay offline before grace.
   * @min 1
   * @max 365
   */
  lease_days: number;
  /**
   * @min 0
   * @max 36500
   */
  grace_days: number;
  /** What the license unlocks, at most 50 entries. */
  features: Record<string, boolean | number | string>;
  /** From when the duration runs. */
  expiry_basis: ExpiryBasis;
}

/** Who bought it. */
export interface Customer {
  /** Id of the customer. */
  id: string;
  email: string;
  name: string | null;
  company: string | null;
  phone: string | null;
  /** The vendor's own data, at most 50 entries. */
  metadata: Record<string, string | number | boolean | null>;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
}

export interface LicenseExplanation {
  /** Id of the license. */
  license_id: string;
  /** Id of the device. */
  device_id: string | null;
  /** @format date-time */
  as_of: string;
  allowed: boolean;
  refused_by: string | null;
  rules: {
    rule: string;
    outcome: 'passed' | 'refused' | 'not_reached';
    explanation: string;
    /** What would make a refused rule pass. */
    action: string | null;
  }[];
}

/** The content of a `.lic` file; store it as it is. */
export interface LicenseFile {
  format: 'thrive-license-file';
  version: 1;
  /** Compact JWS, Ed25519: proof for the time offline. */
  lease: string;
  /** The signing keys, signed by the root key that the app has. */
  keyset: string;
  /** Signed bulletin of the devices that this license had before, the newest 1,000. */
  revocations: string;
}

export interface ActivationDevice {
  /** Id of the device. */
  id: string;
  /** @format date-time */
  activated_at: string;
  /** @format date-time */
  last_seen_at: string;
}

export interface ActivationLicense {
  /** Id of the license. */
  id: string;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type: LicenseType;
  /** `active` includes the days of grace after `expires_at`. */
  status: LicenseStatus;
  expires_at: string | null;
  grace_ends_at: string | null;
  device_limit: number;
  devices_used: number;
  /** What the license unlocks, at most 50 entries. */
  features: Record<string, boolean | number | string>;
  key_masked: string;
}

export interface Lease {
  /** Compact JWS, Ed25519: proof for the time offline. */
  token: string;
  key_id: string;
  /** @format date-time */
  issued_at: string;
  /** @format date-time */
  refresh_after: string;
  /** @format date-time */
  expires_at: string;
  /** @format date-time */
  grace_until: string;
}

export interface ApiKey {
  /** Id of the api key. */
  id: string;
  name: string;
  /** `admin` may do everything, `read_only` every read, `channel` the four activation calls. */
  type: ApiKeyType;
  last_four: string;
  product_ids: string[] | null;
  status: 'active' | 'expired' | 'revoked';
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  /** @format date-time */
  created_at: string;
}

export interface CreatedApiKey {
  /** Id of the api key. */
  id: string;
  name: string;
  /** `admin` may do everything, `read_only` every read, `channel` the four activation calls. */
  type: ApiKeyType;
  last_four: string;
  product_ids: string[] | null;
  status: 'active' | 'expired' | 'revoked';
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  /** @format date-time */
  created_at: string;
  /** The secret. It is shown only here. */
  key: string;
}

/** Something that happened; the body that webhooks carry. */
export interface Event {
  /** Id of the event. */
  id: string;
  type:
    | 'license.created'
    | 'license.activated'
    | 'license.deactivated'
    | 'license.expired'
    | 'license.revoked'
    | 'subscription.created'
    | 'subscription.updated'
    | 'subscription.canceled'
    | 'subscription.renewed'
    | 'payment.succeeded'
    | 'payment.failed';
  /** @format date-time */
  created_at: string;
  /** Id of the account. */
  account_id: string;
  sequence: number;
  data: Record<string, unknown>;
}

/** Who changed what, from where, before and after. */
export interface AuditEntry {
  /** Id of the audit entry. */
  id: string;
  sequence: number;
  /** @format date-time */
  created_at: string;
  actor_type: string;
  actor_id: string;
  address: string;
  request_id: string;
  action: string;
  target_id: string;
  before: unknown;
  after: unknown;
  /** Before and after held personal data that was erased. */
  erased: boolean;
  /** Chains this entry to the one before. */
  hash: string;
}

export interface WebhookEndpoint {
  /** Id of the webhook endpoint. */
  id: string;
  url: string;
  events: string[];
  description: string | null;
  /** One at a time, in the order of events. A younger event waits at most 60 seconds. */
  ordered: boolean;
  enabled: boolean;
  /** `gone`: it answered 410. `failing`: for five days every attempt failed. */
  disabled_reason: 'manual' | 'gone' | 'failing' | null;
  failing_since: string | null;
  /** Until then deliveries are also signed with the secret before. */
  previous_secret_until: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
}

export interface WebhookEndpointWithSecret {
  /** Id of the webhook endpoint. */
  id: string;
  url: string;
  events: string[];
  description: string | null;
  /** One at a time, in the order of events. A younger event waits at most 60 seconds. */
  ordered: boolean;
  enabled: boolean;
  /** `gone`: it answered 410. `failing`: for five days every attempt failed. */
  disabled_reason: 'manual' | 'gone' | 'failing' | null;
  failing_since: string | null;
  /** Until then deliveries are also signed with the secret before. */
  previous_secret_until: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  version: number;
  /** Verifies deliveries (`whsec_…`). It is shown only here. */
  secret: string;
}

export interface WebhookPing {
  /** @format date-time */
  started_at: string;
  duration_ms: number;
  outcome: 'delivered' | 'failed';
  /** HTTP status; null: no answer came. */
  status: number | null;
  /** Such as `timeout`, `tls`, `redirect`, `status`. */
  error: string | null;
  /** The first 2,048 bytes of the answer. */
  response_body: string | null;
}

export interface WebhookDelivery {
  /** Id of the delivery. */
  id: string;
  /** Id of the webhook endpoint. */
  endpoint_id: string;
  /** Id of the event. */
  event_id: string;
  event_type: string;
  sequence: number;
  /** `failed`: every attempt failed. `canceled`: the endpoint was disabled. */
  status: 'pending' | 'delivered' | 'failed' | 'canceled';
  attempts: number;
  next_attempt_at: string | null;
  /** HTTP status of the newest answer. */
  last_status: number | null;
  last_error: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
}

export interface WebhookDeliveryDetails {
  /** Id of the delivery. */
  id: string;
  /** Id of the webhook endpoint. */
  endpoint_id: string;
  /** Id of the event. */
  event_id: string;
  event_type: string;
  sequence: number;
  /** `failed`: every attempt failed. `canceled`: the endpoint was disabled. */
  status: 'pending' | 'delivered' | 'failed' | 'canceled';
  attempts: number;
  next_attempt_at: string | null;
  /** HTTP status of the newest answer. */
  last_status: number | null;
  last_error: string | null;
  /** @format date-time */
  created_at: string;
  /** @format date-time */
  updated_at: string;
  /** The newest 50, oldest first. */
  attempts_log: WebhookAttempt[];
  /** What is sent, byte for byte. */
  body: string;
}

export interface WebhookAttempt {
  number: number;
  /** @format date-time */
  started_at: string;
  duration_ms: number;
  outcome: 'delivered' | 'failed';
  /** HTTP status; null: no answer came. */
  status: number | null;
  /** Such as `timeout`, `tls`, `redirect`, `status`. */
  error: string | null;
  /** The first 2,048 bytes of the answer. */
  response_body: string | null;
}

export interface LicenseCreatedEvent {
  /** Id of the event. */
  id: string;
  type: 'license.created';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  /** The license is as this change left it, its key masked. */
  data: {
    /** Id of the license. */
    license_id: string;
    /** Id of the product. */
    product_id: string;
    /** Id of the customer. */
    customer_id: string | null;
    customer_email: string | null;
    /** The right to use a product. */
    license: License;
    /** Names of the fields that changed. */
    changes?: string[] | undefined;
  };
}

export interface LicenseActivatedEvent {
  /** Id of the event. */
  id: string;
  type: 'license.activated';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  /** The license is as this change left it, its key masked. */
  data: {
    /** Id of the license. */
    license_id: string;
    /** Id of the product. */
    product_id: string;
    /** Id of the customer. */
    customer_id: string | null;
    customer_email: string | null;
    /** The right to use a product. */
    license: License;
    /** Names of the fields that changed. */
    changes?: string[] | undefined;
    /** Id of the device. */
    device_id: string;
    /** One activated machine: one seat of a license. */
    device: Device;
  };
}

export interface LicenseDeactivatedEvent {
  /** Id of the event. */
  id: string;
  type: 'license.deactivated';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  /** The license is as this change left it, its key masked. */
  data: {
    /** Id of the license. */
    license_id: string;
    /** Id of the product. */
    product_id: string;
    /** Id of the customer. */
    customer_id: string | null;
    customer_email: string | null;
    /** The right to use a product. */
    license: License;
    /** Names of the fields that changed. */
    changes?: string[] | undefined;
    /** Id of the device. */
    device_id: string;
    /** One activated machine: one seat of a license. */
    device: Device;
  };
}

export interface LicenseExpiredEvent {
  /** Id of the event. */
  id: string;
  type: 'license.expired';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  /** The license is as this change left it, its key masked. */
  data: {
    /** Id of the license. */
    license_id: string;
    /** Id of the product. */
    product_id: string;
    /** Id of the customer. */
    customer_id: string | null;
    customer_email: string | null;
    /** The right to use a product. */
    license: License;
    /** Names of the fields that changed. */
    changes?: string[] | undefined;
  };
}

export interface LicenseRevokedEvent {
  /** Id of the event. */
  id: string;
  type: 'license.revoked';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  /** The license is as this change left it, its key masked. */
  data: {
    /** Id of the license. */
    license_id: string;
    /** Id of the product. */
    product_id: string;
    /** Id of the customer. */
    customer_id: string | null;
    customer_email: string | null;
    /** The right to use a product. */
    license: License;
    /** Names of the fields that changed. */
    changes?: string[] | undefined;
  };
}

export interface SubscriptionCreatedEvent {
  /** Id of the event. */
  id: string;
  type: 'subscription.created';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the subscription. */
    subscription_id: string;
    plan_code: string;
    interval: 'month' | 'year';
    status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled';
    current_period_end: string | null;
  };
}

export interface SubscriptionUpdatedEvent {
  /** Id of the event. */
  id: string;
  type: 'subscription.updated';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the subscription. */
    subscription_id: string;
    plan_code: string;
    interval: 'month' | 'year';
    status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled';
    current_period_end: string | null;
  };
}

export interface SubscriptionCanceledEvent {
  /** Id of the event. */
  id: string;
  type: 'subscription.canceled';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the subscription. */
    subscription_id: string;
    plan_code: string;
    interval: 'month' | 'year';
    status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled';
    current_period_end: string | null;
  };
}

export interface SubscriptionRenewedEvent {
  /** Id of the event. */
  id: string;
  type: 'subscription.renewed';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the subscription. */
    subscription_id: string;
    plan_code: string;
    interval: 'month' | 'year';
    status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'unpaid' | 'canceled';
    current_period_end: string | null;
  };
}

export interface PaymentSucceededEvent {
  /** Id of the event. */
  id: string;
  type: 'payment.succeeded';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the payment. */
    payment_id: string;
    /** Id of the invoice. */
    invoice_id: string;
    /** Minor units. */
    amount: number;
    currency: string;
    failure_code: string | null;
  };
}

export interface PaymentFailedEvent {
  /** Id of the event. */
  id: string;
  type: 'payment.failed';
  /** @format date-time */
  created_at: string;
  account_id: string;
  /** Rises by one with each event of the account, without a gap. */
  sequence: number;
  data: {
    /** Id of the payment. */
    payment_id: string;
    /** Id of the invoice. */
    invoice_id: string;
    /** Minor units. */
    amount: number;
    currency: string;
    failure_code: string | null;
  };
}

export interface PlansGetInput {
  /**
   * @minLength 1
   * @maxLength 32
   */
  planCode: string;
}

export interface BillingSubscribeInput {
  plan_code: string;
  interval: 'month' | 'year';
  /**
   * A payment method of the account (`pmt_…`), or a token of the payment provider; the default method when left out.
   * @minLength 1
   * @maxLength 200
   */
  payment_method?: string | undefined;
}

export interface BillingUpgradeInput {
  plan_code: string;
  /** As now when left out. */
  interval?: 'month' | 'year' | undefined;
  dry_run?: boolean | undefined;
  /**
   * Of a dry run at most ten minutes ago.
   * @format date-time
   */
  proration_date?: string | undefined;
}

export interface BillingDowngradeInput {
  plan_code: string;
  /** As now when left out. */
  interval?: 'month' | 'year' | undefined;
}

export interface BillingCancelInput {
  /** @default "period_end" */
  at?: 'period_end' | 'now' | undefined;
}

export interface BillingUsageHistoryInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
}

export interface BillingInvoicesListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  status?: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible' | undefined;
}

export interface BillingInvoicesGetInput {
  /** Id of the invoice. */
  invoiceId: string;
}

export interface BillingInvoicesPdfInput {
  /** Id of the invoice. */
  invoiceId: string;
}

export interface BillingInvoicesPayInput {
  /** Id of the invoice. */
  invoiceId: string;
  /** The default when left out. */
  payment_method?: string | undefined;
  /** The money came in another way. */
  mark_paid?: boolean | undefined;
  /**
   * Of the money that came, such as a bank reference.
   * @minLength 1
   * @maxLength 200
   */
  reference?: string | undefined;
}

export interface BillingPaymentMethodsCreateInput {
  /**
   * What the provider’s own form gave.
   * @minLength 1
   * @maxLength 200
   */
  token?: string | undefined;
  /**
   * Where the page of the provider leads back to.
   * @maxLength 2000
   */
  return_url?: string | undefined;
}

export interface BillingPaymentMethodsDeleteInput {
  /** Id of the payment method. */
  paymentMethodId: string;
}

export interface BillingPaymentMethodsDeleteResult {
  /** Id of the payment method. */
  id: string;
  deleted: true;
}

export interface BillingTestClockAdvanceInput {
  /** @format date-time */
  to: string;
}

export interface ProductsListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | 'name' | '-name' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  status?: 'active' | 'archived' | undefined;
  /**
   * @minLength 1
   * @maxLength 64
   */
  code?: string | undefined;
}

export interface ProductsCreateInput {
  /**
   * @minLength 1
   * @maxLength 200
   */
  name: string;
  /** The vendor's own short name, unique in the account. */
  code?: (string | null) | undefined;
  description?: (string | null) | undefined;
  status?: 'active' | 'archived' | undefined;
  license_defaults?:
    | {
        /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
        type?: LicenseType | undefined;
        /**
         * @min 1
         * @max 1000000
         */
        device_limit?: number | undefined;
        duration_days?: (number | null) | undefined;
        /** Length of a trial; null: the product offers none. */
        trial_days?: (number | null) | undefined;
        /**
         * How long a device may stay offline before grace.
         * @min 1
         * @max 365
         */
        lease_days?: number | undefined;
        /**
         * @min 0
         * @max 36500
         */
        grace_days?: number | undefined;
        /** What the license unlocks, at most 50 entries. */
        features?: Record<string, boolean | number | string> | undefined;
        /** From when the duration runs. */
        expiry_basis?: ExpiryBasis | undefined;
      }
    | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
}

export interface ProductsGetInput {
  /** Id of the product. */
  productId: string;
}

export interface ProductsUpdateInput {
  /** Id of the product. */
  productId: string;
  /**
   * @minLength 1
   * @maxLength 200
   */
  name?: string | undefined;
  /** The vendor's own short name, unique in the account. */
  code?: (string | null) | undefined;
  description?: (string | null) | undefined;
  status?: 'active' | 'archived' | undefined;
  license_defaults?:
    | {
        /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
        type?: LicenseType | undefined;
        /**
         * @min 1
         * @max 1000000
         */
        device_limit?: number | undefined;
        duration_days?: (number | null) | undefined;
        /** Length of a trial; null: the product offers none. */
        trial_days?: (number | null) | undefined;
        /**
         * How long a device may stay offline before grace.
         * @min 1
         * @max 365
         */
        lease_days?: number | undefined;
        /**
         * @min 0
         * @max 36500
         */
        grace_days?: number | undefined;
        /** What the license unlocks, at most 50 entries. */
        features?: Record<string, boolean | number | string> | undefined;
        /** From when the duration runs. */
        expiry_basis?: ExpiryBasis | undefined;
      }
    | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
  /**
   * Version that was read; the header `If-Match` says the same.
   * @min 1
   */
  version?: number | undefined;
}

export interface ProductsDeleteInput {
  /** Id of the product. */
  productId: string;
}

export interface ProductsDeleteResult {
  /** Id of the product. */
  id: string;
  deleted: true;
}

export interface CustomersListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | 'email' | '-email' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /**
   * Exact e-mail address, in any case.
   * @minLength 1
   * @maxLength 254
   */
  email?: string | undefined;
  /**
   * Id, or the beginning of e-mail, name or company.
   * @minLength 1
   * @maxLength 200
   */
  q?: string | undefined;
}

export interface CustomersCreateInput {
  /** @maxLength 254 */
  email: string;
  name?: (string | null) | undefined;
  company?: (string | null) | undefined;
  phone?: (string | null) | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
}

export interface CustomersGetInput {
  /** Id of the customer. */
  customerId: string;
}

export interface CustomersUpdateInput {
  /** Id of the customer. */
  customerId: string;
  /** @maxLength 254 */
  email?: string | undefined;
  name?: (string | null) | undefined;
  company?: (string | null) | undefined;
  phone?: (string | null) | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
  /**
   * Version that was read; the header `If-Match` says the same.
   * @min 1
   */
  version?: number | undefined;
}

export interface CustomersEraseInput {
  /** Id of the customer. */
  customerId: string;
}

export interface CustomersEraseResult {
  /** Id of the customer. */
  id: string;
  erased: true;
  licenses_kept: number;
}

export interface CustomersLicensesInput {
  /** Id of the customer. */
  customerId: string;
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | 'expires_at' | '-expires_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /**
   * Only those with a later `expires` time.
   * @format date-time
   */
  expires_after?: string | undefined;
  /**
   * Only those with an earlier `expires` time.
   * @format date-time
   */
  expires_before?: string | undefined;
  /** `active` includes the days of grace after `expires_at`. */
  status?: LicenseStatus | undefined;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type?: LicenseType | undefined;
  /** Id of the product. */
  product_id?: string | undefined;
}

export interface LicensesListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | 'expires_at' | '-expires_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /**
   * Only those with a later `expires` time.
   * @format date-time
   */
  expires_after?: string | undefined;
  /**
   * Only those with an earlier `expires` time.
   * @format date-time
   */
  expires_before?: string | undefined;
  /** `active` includes the days of grace after `expires_at`. */
  status?: LicenseStatus | undefined;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type?: LicenseType | undefined;
  /** Id of the product. */
  product_id?: string | undefined;
  /** Id of the customer. */
  customer_id?: string | undefined;
  /**
   * Exact e-mail address, in any case.
   * @minLength 1
   * @maxLength 254
   */
  customer_email?: string | undefined;
  /**
   * A whole license key, in any spelling.
   * @minLength 1
   * @maxLength 100
   */
  key?: string | undefined;
  /**
   * Id, license key, a key's last four characters, or the beginning of the customer's e-mail, name or company.
   * @minLength 1
   * @maxLength 200
   */
  q?: string | undefined;
}

export interface LicensesCreateInput {
  /** Id of the product. */
  product_id: string;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type?: LicenseType | undefined;
  /**
   * @min 1
   * @max 36500
   */
  duration_days?: number | undefined;
  /** Id of the customer. */
  customer_id?: (string | null) | undefined;
  /**
   * @min 1
   * @max 1000000
   */
  device_limit?: number | undefined;
  /** @format date-time */
  starts_at?: string | undefined;
  expires_at?: (string | null) | undefined;
  /**
   * @min 0
   * @max 36500
   */
  grace_days?: number | undefined;
  /** What the license unlocks, at most 50 entries. */
  features?: Record<string, boolean | number | string> | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
  notes?: (string | null) | undefined;
}

export interface LicensesCreateManyInput {
  /**
   * @maxItems 500
   * @minItems 1
   */
  licenses: {
    /** Id of the product. */
    product_id: string;
    /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
    type?: LicenseType | undefined;
    /**
     * @min 1
     * @max 36500
     */
    duration_days?: number | undefined;
    /** Id of the customer. */
    customer_id?: (string | null) | undefined;
    /**
     * @min 1
     * @max 1000000
     */
    device_limit?: number | undefined;
    /** @format date-time */
    starts_at?: string | undefined;
    expires_at?: (string | null) | undefined;
    /**
     * @min 0
     * @max 36500
     */
    grace_days?: number | undefined;
    /** What the license unlocks, at most 50 entries. */
    features?: Record<string, boolean | number | string> | undefined;
    /** The vendor's own data, at most 50 entries. */
    metadata?: Record<string, string | number | boolean | null> | undefined;
    notes?: (string | null) | undefined;
  }[];
}

export interface LicensesCreateManyResult {
  licenses: License[];
}

export interface LicensesExportInput {
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | 'expires_at' | '-expires_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /**
   * Only those with a later `expires` time.
   * @format date-time
   */
  expires_after?: string | undefined;
  /**
   * Only those with an earlier `expires` time.
   * @format date-time
   */
  expires_before?: string | undefined;
  /** `active` includes the days of grace after `expires_at`. */
  status?: LicenseStatus | undefined;
  /** `perpetual` never ends; `timed` ends once; `subscription` is renewed; `floating` shares seats by heartbeat; `trial` is one per device and product. */
  type?: LicenseType | undefined;
  /** Id of the product. */
  product_id?: string | undefined;
  /** Id of the customer. */
  customer_id?: string | undefined;
  /**
   * Exact e-mail address, in any case.
   * @minLength 1
   * @maxLength 254
   */
  customer_email?: string | undefined;
  /**
   * A whole license key, in any spelling.
   * @minLength 1
   * @maxLength 100
   */
  key?: string | undefined;
  /**
   * Id, license key, a key's last four characters, or the beginning of the customer's e-mail, name or company.
   * @minLength 1
   * @maxLength 200
   */
  q?: string | undefined;
}

export interface LicensesGetInput {
  /** Id of the license. */
  licenseId: string;
}

export interface LicensesUpdateInput {
  /** Id of the license. */
  licenseId: string;
  /** Id of the customer. */
  customer_id?: (string | null) | undefined;
  /**
   * @min 1
   * @max 1000000
   */
  device_limit?: number | undefined;
  /** @format date-time */
  starts_at?: string | undefined;
  expires_at?: (string | null) | undefined;
  /**
   * @min 0
   * @max 36500
   */
  grace_days?: number | undefined;
  /** What the license unlocks, at most 50 entries. */
  features?: Record<string, boolean | number | string> | undefined;
  /** The vendor's own data, at most 50 entries. */
  metadata?: Record<string, string | number | boolean | null> | undefined;
  notes?: (string | null) | undefined;
  /**
   * Version that was read; the header `If-Match` says the same.
   * @min 1
   */
  version?: number | undefined;
}

export interface LicensesSuspendInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * For the audit log; apps never see it.
   * @minLength 1
   * @maxLength 500
   */
  reason?: string | undefined;
}

export interface LicensesReinstateInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * For the audit log; apps never see it.
   * @minLength 1
   * @maxLength 500
   */
  reason?: string | undefined;
}

export interface LicensesRenewInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * @min 1
   * @max 36500
   */
  duration_days?: number | undefined;
  /** @default "now_if_expired" */
  from?: 'expiry' | 'now' | 'now_if_expired' | undefined;
}

export interface LicensesRotateKeyInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * For the audit log; apps never see it.
   * @minLength 1
   * @maxLength 500
   */
  reason?: string | undefined;
}

export interface LicensesRevokeInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * For the audit log; apps never see it.
   * @minLength 1
   * @maxLength 500
   */
  reason?: string | undefined;
}

export interface LicensesExplainInput {
  /** Id of the license. */
  licenseId: string;
  /** Left out: a machine that is not activated yet. */
  device_id?: string | undefined;
  /**
   * The moment to judge at; now when left out.
   * @format date-time
   */
  as_of?: string | undefined;
}

export interface LicensesDevicesListInput {
  /** Id of the license. */
  licenseId: string;
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  status?: 'active' | 'deactivated' | undefined;
}

export interface LicensesDevicesDeactivateInput {
  /** Id of the license. */
  licenseId: string;
  /** Id of the device. */
  deviceId: string;
}

export interface LicensesIssueFileInput {
  /** Id of the license. */
  licenseId: string;
  /** The content of a `.lreq` file, as the app wrote it. */
  request: LicenseRequest;
  /** Id of the device. */
  replace_device_id?: string | undefined;
  /**
   * How long the machine may go on; the license's own length of a lease when left out. Never beyond the end of the license and its grace.
   * @min 1
   * @max 3660
   */
  lease_days?: number | undefined;
}

export interface LicensesIssueFileResult {
  result: 'activated' | 'already_active' | 'recovered' | 'replaced';
  /** One activated machine: one seat of a license. */
  device: Device;
  /** The right to use a product. */
  license: License;
  /** The content of a `.lic` file; store it as it is. */
  file: LicenseFile;
}

export interface ActivationsActivateInput {
  /**
   * As the user typed it; case, spaces and dashes do not matter.
   * @minLength 1
   * @maxLength 100
   */
  license_key: string;
  /** A license of another product is then not found. */
  product_id?: string | undefined;
  /** Asks for a fresh lease that carries it, so that an old answer cannot be replayed. */
  nonce?: string | undefined;
  device: {
    /** Names the machine: hash of its strong components, or the app's own. */
    fingerprint: string;
    /** HMAC of each part, keyed per product; each is optional. */
    components?: DeviceComponents | undefined;
    /**
     * @minLength 1
     * @maxLength 200
     */
    name?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    platform?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    arch?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    os_version?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    app_version?: string | undefined;
    environment?: 'desktop' | 'server' | 'container' | 'vm' | 'ci' | undefined;
  };
  /** Id of the device. */
  replace_device_id?: string | undefined;
}

export interface ActivationsActivateResult {
  result: 'activated' | 'already_active' | 'recovered' | 'replaced';
  device: ActivationDevice;
  license: ActivationLicense;
  lease: Lease;
  /** @format date-time */
  server_time: string;
  nonce: string | null;
}

export interface ActivationsValidateInput {
  /**
   * As the user typed it; case, spaces and dashes do not matter.
   * @minLength 1
   * @maxLength 100
   */
  license_key: string;
  /** A license of another product is then not found. */
  product_id?: string | undefined;
  /** Asks for a fresh lease that carries it, so that an old answer cannot be replayed. */
  nonce?: string | undefined;
  /** Left out: the license alone is judged, and no lease is given. */
  device?:
    | {
        /** Names the machine: hash of its strong components, or the app's own. */
        fingerprint: string;
        /** HMAC of each part, keyed per product; each is optional. */
        components?: DeviceComponents | undefined;
        /**
         * @minLength 1
         * @maxLength 200
         */
        name?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 64
         */
        platform?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 64
         */
        arch?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 100
         */
        os_version?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 100
         */
        app_version?: string | undefined;
        environment?: 'desktop' | 'server' | 'container' | 'vm' | 'ci' | undefined;
      }
    | undefined;
  /** @maxItems 50 */
  required_features?: string[] | undefined;
}

export interface ActivationsValidateResult {
  valid: boolean;
  code:
    | 'VALID'
    | 'RESOURCE_NOT_FOUND'
    | 'LICENSE_EXPIRED'
    | 'LICENSE_REVOKED'
    | 'LICENSE_SUSPENDED'
    | 'LICENSE_NOT_STARTED'
    | 'DEVICE_NOT_ACTIVATED'
    | 'FEATURE_MISSING';
  license?: ActivationLicense | undefined;
  device?: ActivationDevice | undefined;
  lease?: Lease | undefined;
  /** @format date-time */
  server_time: string;
  nonce: string | null;
}

export interface ActivationsDeactivateInput {
  /**
   * As the user typed it; case, spaces and dashes do not matter.
   * @minLength 1
   * @maxLength 100
   */
  license_key: string;
  /** A license of another product is then not found. */
  product_id?: string | undefined;
  /** Asks for a fresh lease that carries it, so that an old answer cannot be replayed. */
  nonce?: string | undefined;
  /** Id of the device. */
  device_id?: string | undefined;
  device?:
    | {
        /** Names the machine: hash of its strong components, or the app's own. */
        fingerprint: string;
        /** HMAC of each part, keyed per product; each is optional. */
        components?: DeviceComponents | undefined;
        /**
         * @minLength 1
         * @maxLength 200
         */
        name?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 64
         */
        platform?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 64
         */
        arch?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 100
         */
        os_version?: string | undefined;
        /**
         * @minLength 1
         * @maxLength 100
         */
        app_version?: string | undefined;
        environment?: 'desktop' | 'server' | 'container' | 'vm' | 'ci' | undefined;
      }
    | undefined;
}

export interface ActivationsDeactivateResult {
  result: 'deactivated' | 'already_deactivated';
  device: ActivationDevice;
  license: ActivationLicense;
  /** @format date-time */
  server_time: string;
  nonce: string | null;
}

export interface ActivationsTrialInput {
  /** May be left out with a channel key bound to one product. */
  product_id?: string | undefined;
  device: {
    /** Names the machine: hash of its strong components, or the app's own. */
    fingerprint: string;
    /** HMAC of each part, keyed per product; each is optional. */
    components?: DeviceComponents | undefined;
    /**
     * @minLength 1
     * @maxLength 200
     */
    name?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    platform?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 64
     */
    arch?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    os_version?: string | undefined;
    /**
     * @minLength 1
     * @maxLength 100
     */
    app_version?: string | undefined;
    environment?: 'desktop' | 'server' | 'container' | 'vm' | 'ci' | undefined;
  };
  /** Asks for a fresh lease that carries it, so that an old answer cannot be replayed. */
  nonce?: string | undefined;
}

export interface ActivationsTrialResult {
  result: 'started' | 'existing';
  device: ActivationDevice;
  license: ActivationLicense;
  lease: Lease;
  /** @format date-time */
  server_time: string;
  nonce: string | null;
}

export interface ApiKeysListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  /** `admin` may do everything, `read_only` every read, `channel` the four activation calls. */
  type?: ApiKeyType | undefined;
}

export interface ApiKeysCreateInput {
  /**
   * @minLength 1
   * @maxLength 200
   */
  name: string;
  /** `admin` may do everything, `read_only` every read, `channel` the four activation calls. */
  type: ApiKeyType;
  /**
   * Only for a channel key.
   * @maxItems 100
   * @minItems 1
   */
  product_ids?: string[] | undefined;
  /** @format date-time */
  expires_at?: string | undefined;
}

export interface ApiKeysRevokeInput {
  /** Id of the api key. */
  apiKeyId: string;
}

export interface ApiKeysRotateInput {
  /** Id of the api key. */
  apiKeyId: string;
  /**
   * @min 0
   * @max 720
   * @default 24
   */
  overlap_hours?: number | undefined;
}

export interface EventsListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  type?:
    | 'license.created'
    | 'license.activated'
    | 'license.deactivated'
    | 'license.expired'
    | 'license.revoked'
    | 'subscription.created'
    | 'subscription.updated'
    | 'subscription.canceled'
    | 'subscription.renewed'
    | 'payment.succeeded'
    | 'payment.failed'
    | undefined;
  /** Id of the license. */
  license_id?: string | undefined;
}

export interface EventsGetInput {
  /** Id of the event. */
  eventId: string;
}

export interface AuditListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /**
   * @minLength 1
   * @maxLength 64
   */
  action?: string | undefined;
  /** Id of the api key. */
  actor_id?: string | undefined;
  /**
   * @minLength 1
   * @maxLength 64
   */
  target_id?: string | undefined;
}

export interface WebhooksEndpointsListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
}

export interface WebhooksEndpointsCreateInput {
  /** @maxLength 2000 */
  url: string;
  /**
   * All when left out.
   * @maxItems 20
   * @minItems 1
   */
  events?: EventPattern[] | undefined;
  /**
   * @minLength 1
   * @maxLength 500
   */
  description?: string | undefined;
  ordered?: boolean | undefined;
  enabled?: boolean | undefined;
}

export interface WebhooksEndpointsGetInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
}

export interface WebhooksEndpointsUpdateInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
  /** @maxLength 2000 */
  url?: string | undefined;
  /**
   * @maxItems 20
   * @minItems 1
   */
  events?: EventPattern[] | undefined;
  description?: (string | null) | undefined;
  ordered?: boolean | undefined;
  enabled?: boolean | undefined;
  /**
   * Version that was read; the header `If-Match` says the same.
   * @min 1
   */
  version?: number | undefined;
}

export interface WebhooksEndpointsDeleteInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
}

export interface WebhooksEndpointsDeleteResult {
  /** Id of the webhook endpoint. */
  id: string;
  deleted: true;
}

export interface WebhooksEndpointsRotateSecretInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
  /**
   * @min 0
   * @max 720
   * @default 24
   */
  overlap_hours?: number | undefined;
}

export interface WebhooksEndpointsPingInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
}

export interface WebhooksEndpointsRecoverInput {
  /** Id of the webhook endpoint. */
  endpointId: string;
  /** @format date-time */
  since: string;
}

export interface WebhooksEndpointsRecoverResult {
  requeued: number;
  has_more: boolean;
}

export interface WebhooksDeliveriesListInput {
  /**
   * Items per page, 1 to 100.
   * @min 1
   * @max 100
   * @default 20
   */
  limit?: number | undefined;
  /**
   * `next_cursor` of the page before.
   * @maxLength 512
   */
  cursor?: string | undefined;
  /**
   * Order; a minus sign in front reverses it.
   * @default "-created_at"
   */
  sort?: 'created_at' | '-created_at' | undefined;
  /**
   * Only those with a later `created` time.
   * @format date-time
   */
  created_after?: string | undefined;
  /**
   * Only those with an earlier `created` time.
   * @format date-time
   */
  created_before?: string | undefined;
  /** Id of the webhook endpoint. */
  endpoint_id?: string | undefined;
  /** Id of the event. */
  event_id?: string | undefined;
  status?: 'pending' | 'delivered' | 'failed' | 'canceled' | undefined;
}

export interface WebhooksDeliveriesGetInput {
  /** Id of the delivery. */
  deliveryId: string;
}

export interface WebhooksDeliveriesRedeliverInput {
  /** Id of the delivery. */
  deliveryId: string;
}

/** The body of a webhook. Its `type` says which of these it is. */
export type WebhookEvent =
  | LicenseCreatedEvent
  | LicenseActivatedEvent
  | LicenseDeactivatedEvent
  | LicenseExpiredEvent
  | LicenseRevokedEvent
  | SubscriptionCreatedEvent
  | SubscriptionUpdatedEvent
  | SubscriptionCanceledEvent
  | SubscriptionRenewedEvent
  | PaymentSucceededEvent
  | PaymentFailedEvent;
