/** Every driver that an agent's file may name. */
export const DRIVER_KINDS = ['wireguard', 'openvpn', 'openmptcprouter', 'command', 'existing', 'simulated'] as const;
export type DriverKind = (typeof DRIVER_KINDS)[number];

/** Those that this version has. */
export const AVAILABLE_KINDS = ['wireguard', 'openvpn', 'command', 'existing', 'simulated'] as const satisfies readonly DriverKind[];
export type AvailableKind = (typeof AVAILABLE_KINDS)[number];

export function isDriverKind(text: string): text is DriverKind {
  return DRIVER_KINDS.some((kind) => kind === text);
}

export function isAvailable(kind: DriverKind): kind is AvailableKind {
  return AVAILABLE_KINDS.some((available) => available === kind);
}
