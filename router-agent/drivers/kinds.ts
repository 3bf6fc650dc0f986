/** Every driver that an agent's file may name. */
export const DRIVER_KINDS = ['wireguard', 'openvpn', 'openmptcprouter', 'command', 'existing', 'simulated'] as const;
export type DriverKind = (typeof DRIVER_KINDS)[number];

/** Those whose tunnels are not the agent's to make: they come with a data plane of their own, and are not mixed with others. */
export const OWN_PLANE_KINDS = ['openmptcprouter', 'simulated'] as const satisfies readonly DriverKind[];
export type OwnPlaneKind = (typeof OWN_PLANE_KINDS)[number];

export function isDriverKind(text: string): text is DriverKind {
  return DRIVER_KINDS.some((kind) => kind === text);
}

export function hasOwnPlane(kind: DriverKind): kind is OwnPlaneKind {
  return OWN_PLANE_KINDS.some((own) => own === kind);
}
