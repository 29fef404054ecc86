import { writeFileSync } from 'node:fs';
import { policyJsonSchemaText } from '../src/policy/json-schema.ts';

const target = new URL('../policies/policy.schema.json', import.meta.url);
writeFileSync(target, policyJsonSchemaText());
console.log('wrote policies/policy.schema.json');
