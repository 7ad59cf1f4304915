/** Mutants that no test can notice, each with why: what they take out is kept by something else too. At most three. */
export const equivalents: Readonly<Record<string, string>> = {};
