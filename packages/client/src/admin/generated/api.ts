// Made from apps/server/openapi.json by `npm run generate -w @thrivetech/sdk`. Changes belong there.

import type { Caller, CallOptions, Page } from '../caller.ts';
import type {
  ActivationsActivateInput,
  ActivationsActivateResult,
  ActivationsDeactivateInput,
  ActivationsDeactivateResult,
  ActivationsTrialInput,
  ActivationsTrialResult,
  ActivationsValidateInput,
  ActivationsValidateResult,
  AddedPaymentMethod,
  ApiKey,
  ApiKeysCreateInput,
  ApiKeysListInput,
  ApiKeysRevokeInput,
  ApiKeysRotateInput,
  AuditEntry,
  AuditListInput,
  BillingCancelInput,
  BillingDowngradeInput,
  BillingInvoicesGetInput,
  BillingInvoicesListInput,
  BillingInvoicesPayInput,
  BillingInvoicesPdfInput,
  BillingPaymentMethodsCreateInput,
  BillingPaymentMethodsDeleteInput,
  BillingPaymentMethodsDeleteResult,
  BillingSubscribeInput,
  BillingTestClockAdvanceInput,
  BillingUpgradeInput,
  BillingUsageHistoryInput,
  CreatedApiKey,
  Customer,
  CustomersCreateInput,
  CustomersEraseInput,
  CustomersEraseResult,
  CustomersGetInput,
  CustomersLicensesInput,
  CustomersListInput,
  CustomersUpdateInput,
  Device,
  Downgrade,
  Event,
  EventsGetInput,
  EventsListInput,
  Invoice,
  InvoiceWithPayments,
  License,
  LicenseExplanation,
  LicensesCreateInput,
  LicensesCreateManyInput,
  LicensesCreateManyResult,
  LicensesDevicesDeactivateInput,
  LicensesDevicesListInput,
  LicensesExplainInput,
  LicensesExportInput,
  LicensesGetInput,
  LicensesIssueFileInput,
  LicensesIssueFileResult,
  LicensesListInput,
  LicensesReinstateInput,
  LicensesRenewInput,
  LicensesRevokeInput,
  LicensesRotateKeyInput,
  LicensesSuspendInput,
  LicensesUpdateInput,
  PaymentMethod,
  Plan,
  PlansGetInput,
  Product,
  ProductsCreateInput,
  ProductsDeleteInput,
  ProductsDeleteResult,
  ProductsGetInput,
  ProductsListInput,
  ProductsUpdateInput,
  Subscription,
  TestClock,
  Upgrade,
  Usage,
  UsageSnapshot,
  WebhookDelivery,
  WebhookDeliveryDetails,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhookPing,
  WebhooksDeliveriesGetInput,
  WebhooksDeliveriesListInput,
  WebhooksDeliveriesRedeliverInput,
  WebhooksEndpointsCreateInput,
  WebhooksEndpointsDeleteInput,
  WebhooksEndpointsDeleteResult,
  WebhooksEndpointsGetInput,
  WebhooksEndpointsListInput,
  WebhooksEndpointsPingInput,
  WebhooksEndpointsRecoverInput,
  WebhooksEndpointsRecoverResult,
  WebhooksEndpointsRotateSecretInput,
  WebhooksEndpointsUpdateInput,
} from './types.ts';

/** The operations `plans.*`. */
export class PlansApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List all available plans.
   *
   * Keys: `admin`, `read_only`, `channel`.
   */
  list(input: Record<string, never> = {}, options?: CallOptions): Promise<Plan[]> {
    return this.#caller.value({ name: 'plans.list', method: 'GET', path: '/platform/plans' }, input, options);
  }

  /**
   * Get a plan by its code.
   *
   * Keys: `admin`, `read_only`, `channel`.
   */
  get(input: PlansGetInput, options?: CallOptions): Promise<Plan> {
    return this.#caller.value(
      { name: 'plans.get', method: 'GET', path: '/platform/plans/{planCode}' },
      input,
      options,
    );
  }
}

/** The operations `billing.subscription.*`. */
export class BillingSubscriptionApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Get the current subscription.
   *
   * The live one; else the one that ended last.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: Record<string, never> = {}, options?: CallOptions): Promise<Subscription> {
    return this.#caller.value(
      { name: 'billing.subscription.get', method: 'GET', path: '/billing/subscription' },
      input,
      options,
    );
  }
}

/** The operations `billing.usage.*`. */
export class BillingUsageApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Get the current usage.
   *
   * What there is (products, licenses and so on) is exact. `api_requests` and `validations` count the period and may lag by two seconds. Trial licenses and their devices do not count.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: Record<string, never> = {}, options?: CallOptions): Promise<Usage> {
    return this.#caller.value(
      { name: 'billing.usage.get', method: 'GET', path: '/billing/usage' },
      input,
      options,
    );
  }

  /**
   * List the usage of past periods.
   *
   * As it was when each period closed; it never changes afterwards.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  history(input: BillingUsageHistoryInput = {}, options?: CallOptions): Promise<Page<UsageSnapshot>> {
    return this.#caller.page(
      { name: 'billing.usage.history', method: 'GET', path: '/billing/usage/history', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List the usage of past periods.
   *
   * As it was when each period closed; it never changes afterwards.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterateHistory(input: BillingUsageHistoryInput = {}, options?: CallOptions): AsyncIterable<UsageSnapshot> {
    return this.#caller.iterate(
      { name: 'billing.usage.history', method: 'GET', path: '/billing/usage/history', limitMax: 100 },
      input,
      options,
    );
  }
}

/** The operations `billing.invoices.*`. */
export class BillingInvoicesApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List invoices.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: BillingInvoicesListInput = {}, options?: CallOptions): Promise<Page<Invoice>> {
    return this.#caller.page(
      { name: 'billing.invoices.list', method: 'GET', path: '/billing/invoices', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List invoices.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: BillingInvoicesListInput = {}, options?: CallOptions): AsyncIterable<Invoice> {
    return this.#caller.iterate(
      { name: 'billing.invoices.list', method: 'GET', path: '/billing/invoices', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Get an invoice and its payments.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: BillingInvoicesGetInput, options?: CallOptions): Promise<InvoiceWithPayments> {
    return this.#caller.value(
      { name: 'billing.invoices.get', method: 'GET', path: '/billing/invoices/{invoiceId}' },
      input,
      options,
    );
  }

  /**
   * Get an invoice as a PDF file.
   *
   * Made from the finalized invoice alone; a draft has none.
   *
   * Keys: `admin`, `read_only`.
   */
  pdf(input: BillingInvoicesPdfInput, options?: CallOptions): Promise<Blob> {
    return this.#caller.file(
      { name: 'billing.invoices.pdf', method: 'GET', path: '/billing/invoices/{invoiceId}/pdf' },
      input,
      options,
    );
  }

  /**
   * Pay an invoice.
   *
   * Charges the payment method now. Where the provider is `manual`, an operator says with `mark_paid` that the money has come.
   *
   * Keys: `admin`.
   */
  pay(input: BillingInvoicesPayInput, options?: CallOptions): Promise<InvoiceWithPayments> {
    return this.#caller.value(
      { name: 'billing.invoices.pay', method: 'POST', path: '/billing/invoices/{invoiceId}/pay' },
      input,
      options,
    );
  }
}

/** The operations `billing.paymentMethods.*`. */
export class BillingPaymentMethodsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List payment methods.
   *
   * The default one first. There are at most 20.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: Record<string, never> = {}, options?: CallOptions): Promise<PaymentMethod[]> {
    return this.#caller.value(
      { name: 'billing.paymentMethods.list', method: 'GET', path: '/billing/payment-methods' },
      input,
      options,
    );
  }

  /**
   * Add a payment method.
   *
   * With a token of the payment provider it is added now, becomes the default, and open invoices are tried with it at once. Without one the answer names a page of the provider, on which the payer leaves it. No card number ever reaches this server.
   *
   * Keys: `admin`.
   */
  create(input: BillingPaymentMethodsCreateInput = {}, options?: CallOptions): Promise<AddedPaymentMethod> {
    return this.#caller.value(
      { name: 'billing.paymentMethods.create', method: 'POST', path: '/billing/payment-methods' },
      input,
      options,
    );
  }

  /**
   * Remove a payment method.
   *
   * The newest of the others becomes the default.
   *
   * Keys: `admin`.
   */
  delete(
    input: BillingPaymentMethodsDeleteInput,
    options?: CallOptions,
  ): Promise<BillingPaymentMethodsDeleteResult> {
    return this.#caller.value(
      {
        name: 'billing.paymentMethods.delete',
        method: 'DELETE',
        path: '/billing/payment-methods/{paymentMethodId}',
      },
      input,
      options,
    );
  }
}

/** The operations `billing.testClock.*`. */
export class BillingTestClockApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Move the clock of a test account.
   *
   * Forward only. Everything that falls due in between happens, in order: renewals, failed payments, ends of trials and licenses. At most two years at a time. Only accounts that the operator made as test accounts have a clock.
   *
   * Keys: `admin`.
   */
  advance(input: BillingTestClockAdvanceInput, options?: CallOptions): Promise<TestClock> {
    return this.#caller.value(
      { name: 'billing.testClock.advance', method: 'POST', path: '/billing/test-clock/advance' },
      input,
      options,
    );
  }
}

/** The operations `billing.*`. */
export class BillingApi {
  readonly #caller: Caller;
  readonly subscription: BillingSubscriptionApi;
  readonly usage: BillingUsageApi;
  readonly invoices: BillingInvoicesApi;
  readonly paymentMethods: BillingPaymentMethodsApi;
  readonly testClock: BillingTestClockApi;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.subscription = new BillingSubscriptionApi(caller);
    this.usage = new BillingUsageApi(caller);
    this.invoices = new BillingInvoicesApi(caller);
    this.paymentMethods = new BillingPaymentMethodsApi(caller);
    this.testClock = new BillingTestClockApi(caller);
  }

  /**
   * Subscribe to a plan.
   *
   * Begins with the trial of the plan, if it has one and the account never had any. Otherwise the first period is paid now: a payment that fails leaves the subscription `incomplete` for 23 hours, in which its invoice can be paid.
   *
   * Keys: `admin`.
   */
  subscribe(input: BillingSubscribeInput, options?: CallOptions): Promise<Subscription> {
    return this.#caller.value(
      { name: 'billing.subscribe', method: 'POST', path: '/billing/subscribe' },
      input,
      options,
    );
  }

  /**
   * Upgrade to a higher plan or to yearly payment.
   *
   * Now: what is left of the period is credited at the old price and charged at the new one. Paid first, then switched: if the payment fails, nothing changes. `dry_run` tells the price. A scheduled downgrade is dropped.
   *
   * Keys: `admin`.
   */
  upgrade(input: BillingUpgradeInput, options?: CallOptions): Promise<Upgrade> {
    return this.#caller.value(
      { name: 'billing.upgrade', method: 'PUT', path: '/billing/upgrade' },
      input,
      options,
    );
  }

  /**
   * Downgrade to a lower plan or to monthly payment.
   *
   * At the end of the period; no money moves, and a later call replaces this one. Nothing is deleted: where use is above a new limit, `exceeds` says so, and nothing more can be created until it is below.
   *
   * Keys: `admin`.
   */
  downgrade(input: BillingDowngradeInput, options?: CallOptions): Promise<Downgrade> {
    return this.#caller.value(
      { name: 'billing.downgrade', method: 'PUT', path: '/billing/downgrade' },
      input,
      options,
    );
  }

  /**
   * Cancel the subscription.
   *
   * At the end of what is paid, or now. Nothing is paid back. Repeating it changes nothing.
   *
   * Keys: `admin`.
   */
  cancel(input: BillingCancelInput = {}, options?: CallOptions): Promise<Subscription> {
    return this.#caller.value(
      { name: 'billing.cancel', method: 'POST', path: '/billing/cancel' },
      input,
      options,
    );
  }

  /**
   * Take a cancellation back.
   *
   * As long as the period has not ended. Repeating it changes nothing.
   *
   * Keys: `admin`.
   */
  resume(input: Record<string, never> = {}, options?: CallOptions): Promise<Subscription> {
    return this.#caller.value(
      { name: 'billing.resume', method: 'POST', path: '/billing/resume' },
      input,
      options,
    );
  }
}

/** The operations `products.*`. */
export class ProductsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List products.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: ProductsListInput = {}, options?: CallOptions): Promise<Page<Product>> {
    return this.#caller.page(
      { name: 'products.list', method: 'GET', path: '/products', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List products.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: ProductsListInput = {}, options?: CallOptions): AsyncIterable<Product> {
    return this.#caller.iterate(
      { name: 'products.list', method: 'GET', path: '/products', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Create a product.
   *
   * Only `name` is required. `license_defaults` that are left out get sensible values.
   *
   * Keys: `admin`.
   */
  create(input: ProductsCreateInput, options?: CallOptions): Promise<Product> {
    return this.#caller.value({ name: 'products.create', method: 'POST', path: '/products' }, input, options);
  }

  /**
   * Get a product.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: ProductsGetInput, options?: CallOptions): Promise<Product> {
    return this.#caller.value(
      { name: 'products.get', method: 'GET', path: '/products/{productId}' },
      input,
      options,
    );
  }

  /**
   * Update a product.
   *
   * Fields that are left out stay as they are; inside `license_defaults` too. Defaults count for licenses created from now on.
   *
   * Keys: `admin`.
   */
  update(input: ProductsUpdateInput, options?: CallOptions): Promise<Product> {
    return this.#caller.value(
      { name: 'products.update', method: 'PUT', path: '/products/{productId}' },
      input,
      options,
    );
  }

  /**
   * Delete a product.
   *
   * Refused while the product has licenses; retire it with `status: archived` instead.
   *
   * Keys: `admin`.
   */
  delete(input: ProductsDeleteInput, options?: CallOptions): Promise<ProductsDeleteResult> {
    return this.#caller.value(
      { name: 'products.delete', method: 'DELETE', path: '/products/{productId}' },
      input,
      options,
    );
  }
}

/** The operations `customers.*`. */
export class CustomersApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List customers.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: CustomersListInput = {}, options?: CallOptions): Promise<Page<Customer>> {
    return this.#caller.page(
      { name: 'customers.list', method: 'GET', path: '/customers', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List customers.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: CustomersListInput = {}, options?: CallOptions): AsyncIterable<Customer> {
    return this.#caller.iterate(
      { name: 'customers.list', method: 'GET', path: '/customers', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Create a customer.
   *
   * An e-mail address is unique in the account, whatever its case.
   *
   * Keys: `admin`.
   */
  create(input: CustomersCreateInput, options?: CallOptions): Promise<Customer> {
    return this.#caller.value(
      { name: 'customers.create', method: 'POST', path: '/customers' },
      input,
      options,
    );
  }

  /**
   * Get a customer.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: CustomersGetInput, options?: CallOptions): Promise<Customer> {
    return this.#caller.value(
      { name: 'customers.get', method: 'GET', path: '/customers/{customerId}' },
      input,
      options,
    );
  }

  /**
   * Update a customer.
   *
   * Fields that are left out stay as they are.
   *
   * Keys: `admin`.
   */
  update(input: CustomersUpdateInput, options?: CallOptions): Promise<Customer> {
    return this.#caller.value(
      { name: 'customers.update', method: 'PUT', path: '/customers/{customerId}' },
      input,
      options,
    );
  }

  /**
   * Erase a customer.
   *
   * Removes everything personal, everywhere: the customer, device names, notes and metadata of the licenses, events and audit contents. The licenses stay valid and belong to nobody.
   *
   * Keys: `admin`.
   */
  erase(input: CustomersEraseInput, options?: CallOptions): Promise<CustomersEraseResult> {
    return this.#caller.value(
      { name: 'customers.erase', method: 'DELETE', path: '/customers/{customerId}' },
      input,
      options,
    );
  }

  /**
   * List a customer's licenses.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  licenses(input: CustomersLicensesInput, options?: CallOptions): Promise<Page<License>> {
    return this.#caller.page(
      { name: 'customers.licenses', method: 'GET', path: '/customers/{customerId}/licenses', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List a customer's licenses.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterateLicenses(input: CustomersLicensesInput, options?: CallOptions): AsyncIterable<License> {
    return this.#caller.iterate(
      { name: 'customers.licenses', method: 'GET', path: '/customers/{customerId}/licenses', limitMax: 100 },
      input,
      options,
    );
  }
}

/** The operations `licenses.devices.*`. */
export class LicensesDevicesApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List a license's devices.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: LicensesDevicesListInput, options?: CallOptions): Promise<Page<Device>> {
    return this.#caller.page(
      { name: 'licenses.devices.list', method: 'GET', path: '/licenses/{licenseId}/devices', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List a license's devices.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: LicensesDevicesListInput, options?: CallOptions): AsyncIterable<Device> {
    return this.#caller.iterate(
      { name: 'licenses.devices.list', method: 'GET', path: '/licenses/{licenseId}/devices', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Deactivate a device.
   *
   * Frees its seat at once. Deactivating it again changes nothing.
   *
   * Keys: `admin`.
   */
  deactivate(input: LicensesDevicesDeactivateInput, options?: CallOptions): Promise<Device> {
    return this.#caller.value(
      {
        name: 'licenses.devices.deactivate',
        method: 'DELETE',
        path: '/licenses/{licenseId}/devices/{deviceId}',
      },
      input,
      options,
    );
  }
}

/** The operations `licenses.*`. */
export class LicensesApi {
  readonly #caller: Caller;
  readonly devices: LicensesDevicesApi;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.devices = new LicensesDevicesApi(caller);
  }

  /**
   * List licenses.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: LicensesListInput = {}, options?: CallOptions): Promise<Page<License>> {
    return this.#caller.page(
      { name: 'licenses.list', method: 'GET', path: '/licenses', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List licenses.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: LicensesListInput = {}, options?: CallOptions): AsyncIterable<License> {
    return this.#caller.iterate(
      { name: 'licenses.list', method: 'GET', path: '/licenses', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Create a license.
   *
   * Only `product_id` is required; the rest comes from the product. Give `expires_at` or `duration_days`, not both.
   *
   * Keys: `admin`.
   */
  create(input: LicensesCreateInput, options?: CallOptions): Promise<License> {
    return this.#caller.value({ name: 'licenses.create', method: 'POST', path: '/licenses' }, input, options);
  }

  /**
   * Create many licenses.
   *
   * All or none: one fault refuses the whole request and names the entry.
   *
   * Keys: `admin`.
   */
  createMany(input: LicensesCreateManyInput, options?: CallOptions): Promise<LicensesCreateManyResult> {
    return this.#caller.value(
      { name: 'licenses.createMany', method: 'POST', path: '/licenses/bulk' },
      input,
      options,
    );
  }

  /**
   * Export licenses as CSV.
   *
   * Streams every license that passes the filters of the list. Keys are masked. Cells that a spreadsheet would run as a formula are defused.
   *
   * Keys: `admin`, `read_only`.
   */
  export(input: LicensesExportInput = {}, options?: CallOptions): AsyncIterable<string> {
    return this.#caller.stream(
      { name: 'licenses.export', method: 'GET', path: '/licenses/export' },
      input,
      options,
    );
  }

  /**
   * Get a license.
   *
   * An admin key sees the license key in full; that is written to the audit log.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: LicensesGetInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.get', method: 'GET', path: '/licenses/{licenseId}' },
      input,
      options,
    );
  }

  /**
   * Update a license.
   *
   * Fields that are left out stay as they are. A lower `device_limit` keeps the devices there are and admits no new one.
   *
   * Keys: `admin`.
   */
  update(input: LicensesUpdateInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.update', method: 'PUT', path: '/licenses/{licenseId}' },
      input,
      options,
    );
  }

  /**
   * Suspend a license.
   *
   * Refuses the key until the license is reinstated; devices keep their seats. Suspending again changes nothing.
   *
   * Keys: `admin`.
   */
  suspend(input: LicensesSuspendInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.suspend', method: 'POST', path: '/licenses/{licenseId}/suspend' },
      input,
      options,
    );
  }

  /**
   * Reinstate a suspended license.
   *
   * A license that is not suspended stays as it is. A revoked one cannot come back.
   *
   * Keys: `admin`.
   */
  reinstate(input: LicensesReinstateInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.reinstate', method: 'POST', path: '/licenses/{licenseId}/reinstate' },
      input,
      options,
    );
  }

  /**
   * Renew a license.
   *
   * Moves the end by `duration_days`, or by the license's own duration. `from` says where from: `expiry` keeps the rhythm, `now` starts afresh, `now_if_expired` gives no days away and takes none.
   *
   * Keys: `admin`.
   */
  renew(input: LicensesRenewInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.renew', method: 'POST', path: '/licenses/{licenseId}/renew' },
      input,
      options,
    );
  }

  /**
   * Replace a license's key.
   *
   * The old key is dead at once; devices keep their seats and their leases. The answer shows the new key in full.
   *
   * Keys: `admin`.
   */
  rotateKey(input: LicensesRotateKeyInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.rotateKey', method: 'POST', path: '/licenses/{licenseId}/rotate-key' },
      input,
      options,
    );
  }

  /**
   * Revoke a license.
   *
   * Final: frees every seat and refuses the key for good. Revoking again changes nothing.
   *
   * Keys: `admin`.
   */
  revoke(input: LicensesRevokeInput, options?: CallOptions): Promise<License> {
    return this.#caller.value(
      { name: 'licenses.revoke', method: 'POST', path: '/licenses/{licenseId}/revoke' },
      input,
      options,
    );
  }

  /**
   * Explain why a license works or does not.
   *
   * The rules in the order in which they are asked, each with its outcome, for a device and a moment.
   *
   * Keys: `admin`, `read_only`.
   */
  explain(input: LicensesExplainInput, options?: CallOptions): Promise<LicenseExplanation> {
    return this.#caller.value(
      { name: 'licenses.explain', method: 'GET', path: '/licenses/{licenseId}/explain' },
      input,
      options,
    );
  }

  /**
   * Issue a license file for a machine without a network.
   *
   * Answers the request that an app wrote (`.lreq`) with the file that it imports (`.lic`). Takes a seat by the rules of activation: the same machine never takes two. A later file never ends before an earlier one of the same machine.
   *
   * Keys: `admin`.
   */
  issueFile(input: LicensesIssueFileInput, options?: CallOptions): Promise<LicensesIssueFileResult> {
    return this.#caller.value(
      { name: 'licenses.issueFile', method: 'POST', path: '/licenses/{licenseId}/license-file' },
      input,
      options,
    );
  }
}

/** The operations `activations.*`. */
export class ActivationsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * Activate a license on a device.
   *
   * Takes a seat unless this machine has one already: the same machine never takes two. `replace_device_id` swaps a device for this one in one step.
   *
   * Keys: `admin`, `channel`.
   */
  activate(input: ActivationsActivateInput, options?: CallOptions): Promise<ActivationsActivateResult> {
    return this.#caller.value(
      { name: 'activations.activate', method: 'POST', path: '/activate' },
      input,
      options,
    );
  }

  /**
   * Validate a license on a device.
   *
   * Answers 200 for every business outcome; `valid` and `code` tell it. Never takes a seat. After a 5xx keep using the lease you hold. With a `nonce` a refusal of a device that the license has, or had, carries a lease too: it grants nothing, and its signature proves the refusal.
   *
   * Keys: `admin`, `channel`.
   */
  validate(input: ActivationsValidateInput, options?: CallOptions): Promise<ActivationsValidateResult> {
    return this.#caller.value(
      { name: 'activations.validate', method: 'POST', path: '/activate/validate' },
      input,
      options,
    );
  }

  /**
   * Deactivate a device.
   *
   * Frees the seat, also of an expired or suspended license. Name the device by `device_id` or by `device.fingerprint`.
   *
   * Keys: `admin`, `channel`.
   */
  deactivate(input: ActivationsDeactivateInput, options?: CallOptions): Promise<ActivationsDeactivateResult> {
    return this.#caller.value(
      { name: 'activations.deactivate', method: 'POST', path: '/activate/deactivate' },
      input,
      options,
    );
  }

  /**
   * Start a trial on a device.
   *
   * One per device and product, and it never restarts: asked again, the running trial is answered with the same end.
   *
   * Keys: `admin`, `channel`.
   */
  trial(input: ActivationsTrialInput, options?: CallOptions): Promise<ActivationsTrialResult> {
    return this.#caller.value(
      { name: 'activations.trial', method: 'POST', path: '/activate/trial' },
      input,
      options,
    );
  }
}

/** The operations `apiKeys.*`. */
export class ApiKeysApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List API keys.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: ApiKeysListInput = {}, options?: CallOptions): Promise<Page<ApiKey>> {
    return this.#caller.page(
      { name: 'apiKeys.list', method: 'GET', path: '/api-keys', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List API keys.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: ApiKeysListInput = {}, options?: CallOptions): AsyncIterable<ApiKey> {
    return this.#caller.iterate(
      { name: 'apiKeys.list', method: 'GET', path: '/api-keys', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Create an API key.
   *
   * A channel key may be bound to products: licenses of others do not exist for it.
   *
   * Keys: `admin`.
   */
  create(input: ApiKeysCreateInput, options?: CallOptions): Promise<CreatedApiKey> {
    return this.#caller.value({ name: 'apiKeys.create', method: 'POST', path: '/api-keys' }, input, options);
  }

  /**
   * Revoke an API key.
   *
   * In force on the next request. Revoking again changes nothing. The key of the request itself cannot be revoked with itself.
   *
   * Keys: `admin`.
   */
  revoke(input: ApiKeysRevokeInput, options?: CallOptions): Promise<ApiKey> {
    return this.#caller.value(
      { name: 'apiKeys.revoke', method: 'POST', path: '/api-keys/{apiKeyId}/revoke' },
      input,
      options,
    );
  }

  /**
   * Replace an API key.
   *
   * The answer is a new key with the same name, type and products. The old one works for `overlap_hours` more.
   *
   * Keys: `admin`.
   */
  rotate(input: ApiKeysRotateInput, options?: CallOptions): Promise<CreatedApiKey> {
    return this.#caller.value(
      { name: 'apiKeys.rotate', method: 'POST', path: '/api-keys/{apiKeyId}/rotate' },
      input,
      options,
    );
  }
}

/** The operations `events.*`. */
export class EventsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List events.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: EventsListInput = {}, options?: CallOptions): Promise<Page<Event>> {
    return this.#caller.page(
      { name: 'events.list', method: 'GET', path: '/events', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List events.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: EventsListInput = {}, options?: CallOptions): AsyncIterable<Event> {
    return this.#caller.iterate(
      { name: 'events.list', method: 'GET', path: '/events', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Get an event.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: EventsGetInput, options?: CallOptions): Promise<Event> {
    return this.#caller.value(
      { name: 'events.get', method: 'GET', path: '/events/{eventId}' },
      input,
      options,
    );
  }
}

/** The operations `audit.*`. */
export class AuditApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List audit entries.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: AuditListInput = {}, options?: CallOptions): Promise<Page<AuditEntry>> {
    return this.#caller.page(
      { name: 'audit.list', method: 'GET', path: '/audit', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List audit entries.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: AuditListInput = {}, options?: CallOptions): AsyncIterable<AuditEntry> {
    return this.#caller.iterate(
      { name: 'audit.list', method: 'GET', path: '/audit', limitMax: 100 },
      input,
      options,
    );
  }
}

/** The operations `webhooks.endpoints.*`. */
export class WebhooksEndpointsApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List webhook endpoints.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: WebhooksEndpointsListInput = {}, options?: CallOptions): Promise<Page<WebhookEndpoint>> {
    return this.#caller.page(
      { name: 'webhooks.endpoints.list', method: 'GET', path: '/webhooks/endpoints', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List webhook endpoints.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: WebhooksEndpointsListInput = {}, options?: CallOptions): AsyncIterable<WebhookEndpoint> {
    return this.#caller.iterate(
      { name: 'webhooks.endpoints.list', method: 'GET', path: '/webhooks/endpoints', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Create a webhook endpoint.
   *
   * It gets the events that happen from now on. The address must be a public one, unless the operator has allowed its network. The answer shows the secret, this once.
   *
   * Keys: `admin`.
   */
  create(input: WebhooksEndpointsCreateInput, options?: CallOptions): Promise<WebhookEndpointWithSecret> {
    return this.#caller.value(
      { name: 'webhooks.endpoints.create', method: 'POST', path: '/webhooks/endpoints' },
      input,
      options,
    );
  }

  /**
   * Get a webhook endpoint.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: WebhooksEndpointsGetInput, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#caller.value(
      { name: 'webhooks.endpoints.get', method: 'GET', path: '/webhooks/endpoints/{endpointId}' },
      input,
      options,
    );
  }

  /**
   * Update a webhook endpoint.
   *
   * Disabled, it gets nothing: what is waiting is canceled, and `recover` fetches it later. Enabling it forgets past failures.
   *
   * Keys: `admin`.
   */
  update(input: WebhooksEndpointsUpdateInput, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#caller.value(
      { name: 'webhooks.endpoints.update', method: 'PUT', path: '/webhooks/endpoints/{endpointId}' },
      input,
      options,
    );
  }

  /**
   * Delete a webhook endpoint.
   *
   * With its deliveries.
   *
   * Keys: `admin`.
   */
  delete(input: WebhooksEndpointsDeleteInput, options?: CallOptions): Promise<WebhooksEndpointsDeleteResult> {
    return this.#caller.value(
      { name: 'webhooks.endpoints.delete', method: 'DELETE', path: '/webhooks/endpoints/{endpointId}' },
      input,
      options,
    );
  }

  /**
   * Replace the secret of a webhook endpoint.
   *
   * For `overlap_hours` more, deliveries carry a signature of each, so that the receiver can be changed over.
   *
   * Keys: `admin`.
   */
  rotateSecret(
    input: WebhooksEndpointsRotateSecretInput,
    options?: CallOptions,
  ): Promise<WebhookEndpointWithSecret> {
    return this.#caller.value(
      {
        name: 'webhooks.endpoints.rotateSecret',
        method: 'POST',
        path: '/webhooks/endpoints/{endpointId}/rotate-secret',
      },
      input,
      options,
    );
  }

  /**
   * Send a test to a webhook endpoint.
   *
   * One attempt, now, also when the endpoint is disabled. The body is signed like any other; its type is `ping`, and it is no event: it has no sequence and is not kept.
   *
   * Keys: `admin`.
   */
  ping(input: WebhooksEndpointsPingInput, options?: CallOptions): Promise<WebhookPing> {
    return this.#caller.value(
      { name: 'webhooks.endpoints.ping', method: 'POST', path: '/webhooks/endpoints/{endpointId}/ping' },
      input,
      options,
    );
  }

  /**
   * Send again what an endpoint missed.
   *
   * Every event since then that it wants and has not received: failed, canceled, or from before it was there. At most 10,000 at a time, oldest first; `has_more` says that there are others.
   *
   * Keys: `admin`.
   */
  recover(
    input: WebhooksEndpointsRecoverInput,
    options?: CallOptions,
  ): Promise<WebhooksEndpointsRecoverResult> {
    return this.#caller.value(
      {
        name: 'webhooks.endpoints.recover',
        method: 'POST',
        path: '/webhooks/endpoints/{endpointId}/recover',
      },
      input,
      options,
    );
  }
}

/** The operations `webhooks.deliveries.*`. */
export class WebhooksDeliveriesApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /**
   * List deliveries.
   *
   * One page.
   *
   * Keys: `admin`, `read_only`.
   */
  list(input: WebhooksDeliveriesListInput = {}, options?: CallOptions): Promise<Page<WebhookDelivery>> {
    return this.#caller.page(
      { name: 'webhooks.deliveries.list', method: 'GET', path: '/webhooks/deliveries', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * List deliveries.
   *
   * All pages, each fetched when it is needed.
   *
   * Keys: `admin`, `read_only`.
   */
  iterate(input: WebhooksDeliveriesListInput = {}, options?: CallOptions): AsyncIterable<WebhookDelivery> {
    return this.#caller.iterate(
      { name: 'webhooks.deliveries.list', method: 'GET', path: '/webhooks/deliveries', limitMax: 100 },
      input,
      options,
    );
  }

  /**
   * Get a delivery with its attempts.
   *
   * Keys: `admin`, `read_only`.
   */
  get(input: WebhooksDeliveriesGetInput, options?: CallOptions): Promise<WebhookDeliveryDetails> {
    return this.#caller.value(
      { name: 'webhooks.deliveries.get', method: 'GET', path: '/webhooks/deliveries/{deliveryId}' },
      input,
      options,
    );
  }

  /**
   * Deliver again.
   *
   * The same id and the same bytes, now, with a full set of attempts.
   *
   * Keys: `admin`.
   */
  redeliver(input: WebhooksDeliveriesRedeliverInput, options?: CallOptions): Promise<WebhookDelivery> {
    return this.#caller.value(
      {
        name: 'webhooks.deliveries.redeliver',
        method: 'POST',
        path: '/webhooks/deliveries/{deliveryId}/redeliver',
      },
      input,
      options,
    );
  }
}

/** The operations `webhooks.*`. */
export class WebhooksApi {
  readonly endpoints: WebhooksEndpointsApi;
  readonly deliveries: WebhooksDeliveriesApi;

  constructor(caller: Caller) {
    this.endpoints = new WebhooksEndpointsApi(caller);
    this.deliveries = new WebhooksDeliveriesApi(caller);
  }
}

/** Every operation of the platform. */
export class AdminApi {
  readonly plans: PlansApi;
  readonly billing: BillingApi;
  readonly products: ProductsApi;
  readonly customers: CustomersApi;
  readonly licenses: LicensesApi;
  readonly activations: ActivationsApi;
  readonly apiKeys: ApiKeysApi;
  readonly events: EventsApi;
  readonly audit: AuditApi;
  readonly webhooks: WebhooksApi;

  constructor(caller: Caller) {
    this.plans = new PlansApi(caller);
    this.billing = new BillingApi(caller);
    this.products = new ProductsApi(caller);
    this.customers = new CustomersApi(caller);
    this.licenses = new LicensesApi(caller);
    this.activations = new ActivationsApi(caller);
    this.apiKeys = new ApiKeysApi(caller);
    this.events = new EventsApi(caller);
    this.audit = new AuditApi(caller);
    this.webhooks = new WebhooksApi(caller);
  }
}
