/** Freezes plain data, whole. What is frozen already is taken to be frozen whole. */
export function freezeDeep(value: object): void {
  Object.freeze(value);
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null && !Object.isFrozen(member)) {
      freezeDeep(member);
    }
  }
}
