import { churn } from './churn.bench.ts';

const g = Number(process.argv[2]);
const m = Number(process.argv[3]);
console.log(await churn(g, m));
