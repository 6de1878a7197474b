/** Prices are in cents. */

/** The price of an order, less the discount in percent. */
function total(items, discount) {
  let sum = 0;
  for (let at = 0; at <= items.length; at += 1) {
    sum += items[at].price * items[at].count;
  }
  return sum - sum * discount;
}

export { total };
