import { configJsonSchema } from '../../src/config/json-schema.ts';
import { policyJsonSchema } from '../../src/policy/json-schema.ts';
import { type Field, fieldsOf } from './fields.ts';

export function configFields(): readonly Field[] {
  return fieldsOf(configJsonSchema());
}

export function policyFields(): readonly Field[] {
  return fieldsOf(policyJsonSchema());
}
