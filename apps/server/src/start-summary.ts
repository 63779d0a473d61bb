import type { StartSummary } from './first-account.ts';

/** What a person sees after a start: where things are, the keys this once, and a line that activates a device. */
export function describeStart(start: StartSummary & { base_url: string; docs_url: string }): string {
  const lines = [
    '',
    `ThriveTech Platform runs at ${start.base_url}`,
    `  documentation  ${start.docs_url}`,
    '',
  ];
  if (start.admin_key === null) {
    return [
      ...lines,
      `Account ${start.account_id}. Its keys were shown at the first start.`,
      ...(start.product_id ? [`Its oldest product: ${start.product_id}`] : []),
      '',
      '',
    ].join('\n');
  }
  const activate = JSON.stringify({
    license_key: start.license_key,
    device: { fingerprint: 'my-first-device', name: 'My first device' },
  });
  return [
    ...lines,
    'Keep these keys; they are not shown again:',
    `  admin key      ${start.admin_key}`,
    `  read-only key  ${start.read_only_key}`,
    `  channel key    ${start.channel_key}`,
    `  license key    ${start.license_key}`,
    `  product id     ${start.product_id}`,
    '',
    'Activate your first device:',
    '',
    `curl -s ${start.base_url}/api/v1/activate -H 'Authorization: Bearer ${start.channel_key}' -H 'Content-Type: application/json' -d '${activate}'`,
    '',
    '',
  ].join('\n');
}
