import { AppError } from "../platform/errors";
import type { Profile } from "../protocol";
import type { FindAttendance } from "./ports";

/** The profile that a lab of the enrollment's workshop needs. @throws AppError `lab.not-found` */
export const findLabProfile =
  ({ findAttendance }: { readonly findAttendance: FindAttendance }) =>
  async (enrollmentId: string, labId: string): Promise<Profile> => {
    const attendance = await findAttendance(enrollmentId);
    const profile = attendance?.labProfiles.get(labId);
    if (profile === undefined) throw new AppError("lab.not-found", "the workshop has no such lab");
    return profile;
  };
