export {
  type AuditLog,
  type AuditNote,
  type AuditRepository,
  createAuditRepository,
} from './audit.repository.ts';
export { listAuditEntries } from './list-audit-entries.ts';
export { auditRouter } from './router.ts';
export { verifyAuditChain } from './verify-chain.ts';
