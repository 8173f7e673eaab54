import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCohortStore } from "../../../server/cohorts/cohort-store";
import { createEnrollmentStore } from "../../../server/cohorts/enrollment-store";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

describe("what the sandboxes room learns of cohorts", () => {
  let database: TestDatabase;
  const HOUR_MS = 3_600_000;
  const now = Date.now();
  const window = { from: new Date(now), until: new Date(now + HOUR_MS) };

  beforeAll(async () => {
    database = await startTestDatabase();
    await database.prisma.workshop.create({ data: { id: "w", title: "W" } });
  });
  afterAll(() => database.dispose());

  async function cohortOf(hours: { from: number; until: number }): Promise<string> {
    const startsAt = new Date(now + hours.from * HOUR_MS);
    const endsAt = new Date(now + hours.until * HOUR_MS);
    const dates = { startsAt, endsAt, homeworkUntil: endsAt };
    const row = await database.prisma.cohort.create({
      data: { workshopId: "w", name: "C", capacity: 3, sleepAfterMinutes: 7, ...dates },
    });
    return row.id;
  }

  async function enrol(cohortId: string, phase?: "assigned" | "asleep" | "destroyed"): Promise<string> {
    const account = await database.prisma.account.create({ data: { displayName: "Ada" } });
    const sandboxes = phase && { create: { profile: "docker", driver: "fake", phase } };
    const row = await database.prisma.enrollment.create({
      data: { cohortId, accountId: account.id, ...(sandboxes ? { sandboxes } : {}) },
    });
    return row.id;
  }

  it("are those that are on in the window, with the seats that nobody has a sandbox for", async () => {
    const [on, soon] = [await cohortOf({ from: -1, until: 1 }), await cohortOf({ from: 0.5, until: 2 })];
    await cohortOf({ from: 2, until: 3 });
    await cohortOf({ from: -3, until: -2 });
    await enrol(on, "assigned");
    await enrol(on, "asleep");
    await enrol(on, "destroyed");
    await enrol(soon);
    const seats = (await createCohortStore(database.prisma).listDelivered(window)).map(
      ({ seatsLeft }) => seatsLeft,
    );
    expect(seats.sort()).toEqual([1, 3]);
  });

  it("has a name, a workshop and an idle time for each enrollment, and nothing for one that was withdrawn", async () => {
    const enrollmentId = await enrol(await cohortOf({ from: -1, until: 1 }));
    const { findAttendance } = createEnrollmentStore(database.prisma);
    expect(await findAttendance(enrollmentId)).toEqual({
      displayName: "Ada",
      workshopId: "w",
      sleepAfterMinutes: 7,
      homeworkUntil: expect.any(Date) as Date,
    });
    await database.prisma.enrollment.update({
      where: { id: enrollmentId },
      data: { withdrawnAt: new Date() },
    });
    expect(await findAttendance(enrollmentId)).toBeUndefined();
  });
});
