/** Serials that the revocation lists of simulated devices name (roots/revocation/enigm-development.json). */

export const REVOKED_SERIAL = '4badc0de00000000000000000000dead';
export const SUSPENDED_SERIAL = '4badc0de00000000000000000000beef';
