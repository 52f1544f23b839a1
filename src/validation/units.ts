/** Ids of organizational units. */

/** Whether an id is that of a root, which contains every OU. */
export const isRoot = (id: string): boolean => id.startsWith('r-');
