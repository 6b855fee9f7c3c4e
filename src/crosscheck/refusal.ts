/**
 * How this room says no. Inside it everything throws; `crossCheck` catches once and gives the reason
 * in its opinion, so nothing but faults of our own ever leaves the room as an exception.
 */

/** The evidence is not acceptable. The message is for people and holds no text of the evidence. */
export class Refusal extends Error {}

export function refuse(reason: string): never {
  throw new Refusal(reason);
}

/** Calls a library. What it throws on evidence is a refusal; the libraries have no errors of their own kind. */
export function withLibrary<T>(library: string, what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(`${what}: ${library} cannot read it (${messageOf(error)})`);
  }
}

/** The same for a call that answers later. */
export async function awaitLibrary<T>(
  library: string,
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(`${what}: ${library} cannot read it (${messageOf(error)})`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
