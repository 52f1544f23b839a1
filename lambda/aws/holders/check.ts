import type { Look } from './looking';
import type { GroupHolderName } from '../../../src/contract/group-holders';

/** The calls of one check. @throws if it could not look everywhere */
export type Check = (look: Look) => Promise<void>;

export type CheckOf<N extends GroupHolderName> = Readonly<Record<N, Check>>;
