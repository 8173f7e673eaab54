import { formatCode } from "./protocol";

export interface StartBanner {
  readonly publicUrl: string;
  /** The demo cohorts, the one for everybody first. */
  readonly demos: readonly { readonly code: string; readonly workshopTitle: string }[];
  /** Path of the one-time link that makes the first instructor; null once there is one. */
  readonly setupPath: string | null;
  readonly capacity: number;
  readonly isolation: string;
  /** Labs that could not be loaded, one line each. */
  readonly labProblems: readonly string[];
}

/** What the person who typed `npm start` needs next. */
export function describeStart(banner: StartBanner): string {
  const rows = [
    ["Open", banner.publicUrl],
    ...banner.demos.map(({ code, workshopTitle }, index) => [
      index === 0 ? "Join code" : "or",
      `${formatCode(code)}   (${workshopTitle})`,
    ]),
    banner.setupPath === null
      ? ["Instructors", `${banner.publicUrl}/sign-in`]
      : ["Instructor link", `${banner.publicUrl}${banner.setupPath}   (works once)`],
    ["Sandboxes", `up to ${banner.capacity} at once, isolation "${banner.isolation}"`],
  ];
  const width = Math.max(...rows.map(([name]) => name?.length ?? 0)) + 2;
  const lines = rows.map(([name, value]) => `  ${(name ?? "").padEnd(width)}${value ?? ""}`);
  const problems = banner.labProblems.map((problem) => `  ! lab left out: ${problem}`);
  return `\n  Slipway is ready\n\n${[...lines, ...problems].join("\n")}\n\n  Ctrl-C stops it; sandboxes keep their files.\n\n`;
}
