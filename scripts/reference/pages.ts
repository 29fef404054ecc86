import { configJsonSchemaText } from '../../src/config/json-schema.ts';
import { policyJsonSchemaText } from '../../src/policy/json-schema.ts';
import { environmentTable } from './environment.ts';
import { fieldTable } from './fields.ts';
import { configFields, policyFields } from './file-fields.ts';
import { filled, regionsOf } from './regions.ts';

/** Every file that `npm run reference` writes, from the root of the repository, with what it should be instead of `now`. */
export const PAGES: Readonly<Record<string, (now: string) => string | Promise<string>>> = {
  'policies/policy.schema.json': policyJsonSchemaText,
  'docs/reference/serin.schema.json': configJsonSchemaText,
  'docs/reference/serin-yaml.md': (page) =>
    filled(page, (region) =>
      region === 'environment' ? environmentTable() : fieldTable(configFields(), fieldsAt(region), partsOf(page)),
    ),
  'docs/reference/policy.md': (page) =>
    filled(page, (region) => fieldTable(policyFields(), fieldsAt(region), partsOf(page))),
};

function fieldsAt(region: string): string {
  return region.replace(/^fields /, '');
}

function partsOf(page: string): readonly string[] {
  return regionsOf(page).map(fieldsAt);
}
