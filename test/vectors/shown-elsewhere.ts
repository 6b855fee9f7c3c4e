/** Rules that no single chain can show, and the tests that show them. */

export const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  T10: 'structure/rooms.test.ts: nothing that decides can reach the network; anchors come from files',
  T16: 'der/time.test.ts and the vectors of T12 to T15: dates are numbers, compared at a given time',
  T22: 'revocation/status-list.test.ts: lists that are refused; fetching comes with the sources issue',
  T23: 'structure/rooms.test.ts: no request waits for a list; fetching comes with the sources issue',
  T25: 'comes with batch re-verification',
  T27: 'no chain shows it: what a verifier can do is T33 and the signals of T26',
  T28: 'report/binding.test.ts: keyPossession is never claimed',
  T31: 'README, “Challenges”: what a challenge can be made of',
  T37: 'comes with policy files: a deny list of boot keys',

  T44: 'pool/dispatcher.test.ts and http/service.test.ts: faults are never findings',
  T45: 'report/all-at-once.test.ts: everything judged after a good proof is reported together',
  T46: 'http/service.test.ts: a request cannot name anchors or weaken a policy',
  T47: 'report/all-at-once.test.ts: a record is read only from a verified path',
  T50: 'comes with signed results',
  B04: 'evidence/evidence.test.ts: every form of input, and what is refused',
  B06: 'property/any-bytes.test.ts: nesting costs a bounded number of steps',
  B07: 'structure/rooms.test.ts: one reader; the second verifier shares none of it',
  B31: 'vectors/key-kinds.test.ts: ML-DSA leaves',
  B32: 'vectors/key-kinds.test.ts: P-384, P-521 and RSA leaves',
  B40: 'request/verify-request.test.ts and revocation/json-keys.test.ts: duplicate members',
  B41: 'crosscheck/: the libraries only check our reader, they do not replace it',
};
