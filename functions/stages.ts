import configured from '#stages';

/** The stages of this deployment: `#stages` is replaced by its module when the functions are bundled. */
export const stages = typeof configured === 'function' ? await configured() : configured;
