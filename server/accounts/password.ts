import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

let unusableHash: Promise<string> | undefined;

/** The PHC string of `password`: salt and parameters included. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2ID);
}

/** Takes as long for nobody (`undefined`) as for a wrong password, so that the time does not tell which e-mails exist. */
export async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  unusableHash ??= hashPassword("no account has this password");
  const isRight = await verify(passwordHash ?? (await unusableHash), password);
  return isRight && passwordHash !== undefined;
}
