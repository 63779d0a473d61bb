import { z } from 'zod';
import { timestamp } from './primitives.ts';

/** How many items a page holds: `limit` when given, else 20. */
export const pageLimitDefault = 20;

/** Which page of a list is wanted. A cursor holds only for the filters and the order it was made with. */
export const pageInput = {
  limit: z
    .int()
    .min(1)
    .max(100)
    .default(pageLimitDefault)
    .meta({ description: 'Items per page, 1 to 100.', examples: [20] }),
  cursor: z
    .string()
    .max(512)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a `next_cursor` of an earlier page, unchanged')
    .optional()
    .meta({ description: '`next_cursor` of the page before.' }),
};

/** `sort=name` rises, `sort=-name` falls. The newest come first when nothing is said. */
export const sortInput = <const Field extends string>(fields: readonly ['created_at', ...Field[]]) => {
  type Sort = 'created_at' | Field;
  const orders = fields.flatMap((field): (Sort | `-${Sort}`)[] => [field, `-${field}`]);
  const order = z.enum(orders) as unknown as z.ZodType<Sort | `-${Sort}`, Sort | `-${Sort}`>;
  return {
    sort: order.prefault('-created_at').meta({ description: 'Order; a minus sign in front reverses it.' }),
  };
};

/** `created_after` and `created_before` (or another field's): both bounds exclusive. */
export const timeRange = <const Field extends string>(field: Field) =>
  ({
    [`${field}_after`]: timestamp
      .optional()
      .meta({ description: `Only those with a later \`${field}\` time.` }),
    [`${field}_before`]: timestamp
      .optional()
      .meta({ description: `Only those with an earlier \`${field}\` time.` }),
  }) as Record<`${Field}_after` | `${Field}_before`, z.ZodOptional<typeof timestamp>>;

export const pagination = z
  .object({
    limit: z.int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'Pagination' });

/** A page of items. The REST door puts `items` into `data` and `pagination` into `meta`. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), pagination });

/** The page with each item seen through `view`. */
export const mapPage = <From, To>(page: Page<From>, view: (item: From) => To): Page<To> => ({
  ...page,
  items: page.items.map(view),
});

/** A page as use cases return it. */
export interface Page<Item> {
  items: Item[];
  pagination: z.infer<typeof pagination>;
}

/** Does this schema describe a page? Doors show pages in their own way. */
export const isPageSchema = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject && 'pagination' in schema.shape;
