import { expect, it } from "vitest";
import { systemClock } from "../platform/clock";
import { ensureDemoCohorts } from "./ensure-demo-cohorts";

it("seeds a demo cohort for each workshop that is for trying, and one of any workshop when there is none", async () => {
  const workshop = (workshopId: string) => ({ workshopId, title: workshopId, labs: [] });
  const seedWith = async (...ids: string[]) => {
    const made: string[] = [];
    const demos = await ensureDemoCohorts({
      catalog: { workshops: () => ids.map(workshop) },
      clock: systemClock,
      issueJoinCode: async (of) => `code of ${of}`,
      cohorts: {
        findDemo: async () => undefined,
        renewDemo: async () => undefined,
        create: async (cohort) => {
          made.push(cohort.workshopId);
          return cohort.workshopId;
        },
      },
    })();
    expect(demos.map(({ code }) => code)).toEqual(made.map((id) => `code of ${id}`));
    return made;
  };
  expect(await seedWith("django-on-kubernetes", "other", "python-to-production")).toEqual([
    "python-to-production",
    "django-on-kubernetes",
  ]);
  expect(await seedWith("other", "another")).toEqual(["other"]);
  expect(await seedWith()).toEqual([]);
});
