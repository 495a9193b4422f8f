/**
 * The functions of the examples. On one machine they run in the engine's own process, by name; deployed, each would
 * be a Lambda function of the same name. Every one may run again after a crash, so each says what makes that harmless.
 */

interface Item {
  readonly sku: string;
  readonly quantity: number;
  readonly price: number;
}

interface Order {
  readonly id: string;
  readonly card: string;
  readonly warehouse: string;
  readonly deadlineSeconds: number;
  readonly items: readonly Item[];
}

interface Context {
  readonly attempt: number;
  readonly idempotencyKey: string;
}

class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Only looks. */
export function validateOrder(order: Order): Order & { total: number } {
  if (order.items.length === 0) throw new NamedError('InvalidOrder', `Order ${order.id} has no items.`);
  const cents = order.items.reduce((sum, item) => sum + Math.round(item.price * 100) * item.quantity, 0);
  return { ...order, total: cents / 100 };
}

/** A real one would reserve under (order, item), so that a second call finds the reservation of the first. */
export async function reserveItem({
  orderId,
  item,
}: {
  orderId: string;
  item: Item;
}): Promise<{ sku: string; shelf: string }> {
  await pause(200 + 100 * item.quantity);
  if (item.sku === 'unobtainium') throw new NamedError('OutOfStock', `There is no ${item.sku} for order ${orderId}.`);
  return { sku: item.sku, shelf: `${item.sku.charAt(0).toUpperCase()}-${item.quantity}` };
}

/** A real one would hand the idempotency key to the payment provider. The card "flaky" works at the second attempt. */
export async function chargeCard(
  { card, amount }: { card: string; amount: number },
  context: Context,
): Promise<{ id: string; amount: number }> {
  await pause(300);
  if (card === 'declined') throw new NamedError('CardDeclined', `The card was declined for ${amount}.`);
  if (card === 'flaky' && context.attempt === 1)
    throw new NamedError('CardNetworkError', 'The card network did not answer.');
  return { id: `pay-${context.idempotencyKey.split('/').at(-1)}`, amount };
}

/** Tells the warehouse, which answers later with the task token. Here a timer plays the warehouse. */
export function notifyWarehouse(request: { orderId: string; warehouse: string; taskToken: string }): {
  notified: string;
} {
  if (request.warehouse === 'packs-in-time') setTimeout(() => void callBack(request), 1_500);
  return { notified: request.orderId };
}

async function callBack({ orderId, taskToken }: { orderId: string; taskToken: string }): Promise<void> {
  const engine = process.env['KNHK_URL'] ?? 'http://localhost:8080';
  const body = JSON.stringify({ output: { parcel: `P-${orderId}`, weightKg: 2.4 } });
  await fetch(`${engine}/v1/tasks/${taskToken}/success`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

export function shipParcel({ parcel }: { parcel: { parcel: string } }): { tracking: string } {
  return { tracking: `TRACK-${parcel.parcel}` };
}

export function refundPayment({ payment }: { payment: string }): { id: string } {
  return { id: `refund-${payment}` };
}

/** Only asks. The supplier "down" does not answer; `knhk breakers set` keeps it from being asked in vain again and again. */
export async function askSupplier({
  supplier,
}: {
  sku: string;
  supplier: string;
}): Promise<{ price: number; by: string }> {
  await pause(100);
  if (supplier === 'down') throw new NamedError('SupplierDown', 'The supplier does not answer.');
  return { price: 12.5, by: supplier };
}

/** One at a time for each permit of the pool "gpu". */
export async function render(frame: number): Promise<{ frame: number; rendered: true }> {
  await pause(200);
  return { frame, rendered: true };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
