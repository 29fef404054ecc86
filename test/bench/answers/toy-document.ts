type Schema = Readonly<Record<string, unknown>>;

const STRING: Schema = { type: 'string' };
const INTEGER: Schema = { type: 'integer' };

/** The fields of an order that a client may count on. */
export const ORDER_FIELDS: Readonly<Record<string, Schema>> = {
  id: INTEGER,
  state: { type: 'string', enum: ['OPEN', 'PAID', 'SHIPPED', 'DELIVERED'] },
  amount: INTEGER,
  currency: STRING,
  createdAt: { type: 'string', format: 'date-time' },
  customer: { type: 'object', required: ['id', 'name'], properties: { id: INTEGER, name: STRING } },
};

/** The OpenAPI document of a version whose orders have these fields. */
export function toyDocument(fields: Readonly<Record<string, Schema>>): string {
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'orders', version: '1' },
    paths: {
      '/orders/{id}': {
        get: {
          parameters: [{ name: 'id', in: 'path', required: true, schema: INTEGER }],
          responses: {
            200: {
              description: 'an order',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
            },
          },
        },
      },
    },
    components: { schemas: { Order: { type: 'object', required: Object.keys(fields), properties: fields } } },
  });
}
