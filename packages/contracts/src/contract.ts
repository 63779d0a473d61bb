import { activateLicense, deactivateLicense, startTrial, validateLicense } from './activations.ts';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './api-keys.ts';
import { getEvent, listAuditEntries, listEvents } from './audit.ts';
import {
  createCustomer,
  eraseCustomer,
  getCustomer,
  listCustomerLicenses,
  listCustomers,
  updateCustomer,
} from './customers.ts';
import type { ProcedureContract } from './define-procedure.ts';
import {
  createLicenses,
  explainLicense,
  exportLicenses,
  reinstateLicense,
  renewLicense,
  rotateLicenseKey,
  suspendLicense,
} from './license-actions.ts';
import {
  createLicense,
  getLicense,
  listDevices,
  listLicenses,
  removeDevice,
  revokeLicense,
  updateLicense,
} from './licenses.ts';
import { getPlan, listPlans } from './plans.ts';
import { createProduct, deleteProduct, getProduct, listProducts, updateProduct } from './products.ts';

/** Every operation of the platform, in the order in which documents show them. */
export const contract: readonly ProcedureContract[] = [
  listPlans,
  getPlan,
  listProducts,
  createProduct,
  getProduct,
  updateProduct,
  deleteProduct,
  listCustomers,
  createCustomer,
  getCustomer,
  updateCustomer,
  eraseCustomer,
  listCustomerLicenses,
  listLicenses,
  createLicense,
  createLicenses,
  exportLicenses,
  getLicense,
  updateLicense,
  suspendLicense,
  reinstateLicense,
  renewLicense,
  rotateLicenseKey,
  revokeLicense,
  explainLicense,
  listDevices,
  removeDevice,
  activateLicense,
  validateLicense,
  deactivateLicense,
  startTrial,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  rotateApiKey,
  listEvents,
  getEvent,
  listAuditEntries,
] as unknown as readonly ProcedureContract[];
