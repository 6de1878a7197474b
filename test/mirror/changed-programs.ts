/** The players, but for the novice: it was changed without another version, so that its runs do not fit it. */
import { complete } from '../../src/kernel';
import { journeyman, novice as unchanged, player } from '../support/player';

export const novice = { ...unchanged, step: () => complete() };
export { journeyman, player };
