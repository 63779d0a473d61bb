/** `licenses.devices` → `LicensesDevices` */
export const pascalCase = (dotted: string): string => dotted.split('.').map(capitalize).join('');

export const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
