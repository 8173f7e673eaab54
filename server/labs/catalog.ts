import type { Profile } from "../protocol/profile";
import type { Check } from "./check";

/** One page of a lab's instructions, validated and rendered. Nothing here but `title`, `html` and `hints` may reach a browser unasked. */
export interface Step {
  readonly stepId: string;
  readonly title: string;
  readonly minutes: number;
  /** Sanitized HTML. */
  readonly html: string;
  readonly checks: readonly Check[];
  /** Sanitized HTML, in the order in which they unfold. */
  readonly hints: readonly string[];
  /** Shell script that does the step as an attendee would; null when the author gave none. */
  readonly solution: string | null;
  /** Shell script that undoes what the step's checks look for; for tests of the lab. */
  readonly sabotage: string | null;
}

/** A file that a sandbox is given when its lab session opens. */
export interface SetupFile {
  /** Below the attendee's home, with slashes, without `..`. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

/** A picture of a lab, held in memory. */
export interface LabAsset {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
}

export interface Lab {
  readonly labId: string;
  readonly workshopId: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  /** The least kind of sandbox in which the lab can be done. */
  readonly profile: Profile;
  /** Images that the lab names because nobody gives them; everything else that it names has to be there. */
  readonly absentImages: readonly string[];
  readonly steps: readonly Step[];
  readonly setupFiles: readonly SetupFile[];
  /** Run once as the attendee after the files are there; null when the lab needs none. */
  readonly setupScript: string | null;
  /** The presenter's notes as sanitized HTML; for instructors only. */
  readonly presenterHtml: string | null;
  readonly assets: readonly LabAsset[];
  /** SHA-256 over every file of the lab, hex: attempts say by it what judged them. */
  readonly hash: string;
}

export interface Workshop {
  readonly workshopId: string;
  readonly title: string;
  readonly summary: string;
  readonly audience: string;
  readonly minutes: number;
  readonly labs: readonly Lab[];
}

/** Authored content. Immutable: a changed file is seen at the next start. Lab ids are unique in the whole catalog. */
export interface Catalog {
  /** Every workshop that could be loaded, by id. */
  workshops(): readonly Workshop[];
  findWorkshop(workshopId: string): Workshop | undefined;
  /** `undefined` also when the lab exists in another workshop. */
  findLab(workshopId: string, labId: string): Lab | undefined;
}

/** Why a file of the catalog was refused: relative to the catalog's folder, `line` counts from 1. */
export interface CatalogProblem {
  readonly file: string;
  readonly line: number | null;
  readonly reason: string;
}

/** A `Catalog` over workshops that are already validated. */
export function createCatalog(workshops: readonly Workshop[]): Catalog {
  const sorted = [...workshops].sort((a, b) => a.workshopId.localeCompare(b.workshopId));
  const byId = new Map(sorted.map((workshop) => [workshop.workshopId, workshop]));
  return {
    workshops: () => sorted,
    findWorkshop: (workshopId) => byId.get(workshopId),
    findLab: (workshopId, labId) => byId.get(workshopId)?.labs.find((lab) => lab.labId === labId),
  };
}
