/** A trace that somebody writes while the cloud is served: how many lines it has, and their SHA-256. */
export interface TraceSoFar {
  readonly count: number;
  readonly hashSoFar: string;
}
