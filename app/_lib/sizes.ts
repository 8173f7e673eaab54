const MIB_PER_GIB = 1_024;

/** Memory or disk for people: "512 MiB", "1.5 GiB", "62 GiB". */
export function sizeWords(miB: number): string {
  if (miB < MIB_PER_GIB) return `${String(Math.round(miB))} MiB`;
  const giB = miB / MIB_PER_GIB;
  return `${giB < 10 ? String(Math.round(giB * 10) / 10) : String(Math.round(giB))} GiB`;
}
