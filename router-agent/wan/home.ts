/** One WAN as a tunnel may use it. */
export interface Lodging {
  wan: string;
  /** Null: nobody can tell. */
  well: boolean | null;
  /** Since when it is well, as a duration until now, and how long it must be before a tunnel returns to it. In milliseconds. */
  wellForMs: number;
  holdMs: number;
}

/**
 * Where a tunnel should be now, if not where it is; null: there. Asked at rest, when nothing is suspected. A living tunnel returns to a preferred WAN that
 * has been well for a while, and leaves one that is known to be dead. A dead tunnel is looked for by the WANs that are well, or, where nobody can tell, by
 * one after the other (`mayTry`: it is time for the next).
 */
export function chooseHome(current: string, alive: boolean, lodgings: readonly Lodging[], mayTry: boolean): string | null {
  const at = lodgings.findIndex(({ wan }) => wan === current);
  const here = lodgings[at];
  if (here === undefined) return null;
  const well = lodgings.filter((lodging) => lodging !== here && lodging.well === true);
  if (!alive) {
    if (here.well === true) return null;
    if (well[0] !== undefined) return well[0].wan;
    const next = [...lodgings.slice(at + 1), ...lodgings.slice(0, at)].find((lodging) => lodging.well === null);
    return mayTry ? (next?.wan ?? null) : null;
  }
  const better = well.find((lodging) => lodgings.indexOf(lodging) < at && lodging.wellForMs >= lodging.holdMs);
  return better?.wan ?? (here.well === false ? (well[0]?.wan ?? null) : null);
}
