import { JUDGE_COUNT, ORDER_COUNT } from "../core/pruning";
import type { NumberTable } from "../draw/index";
import { ORDERS, type Drawn, type Shown } from "./answer";
import { ORDER_NAMES } from "./phrases";

/** The numbers of the pictures: the curves, what each head is worth, and what retraining brought. */
export function tables(drawn: Drawn, { off }: Shown): NumberTable[] {
  const { num_heads, orders, curves, gradients, without, retrained } = drawn;
  const drawnOrders = ORDERS.filter((order) => order !== "hand" || orders.hand.length > 0);
  const small = (value: number) => value.toPrecision(3);
  return [
    {
      caption: `shares right on ${JUDGE_COUNT} sequences that no training saw, as heads go`,
      columns: [
        "heads left",
        ...drawnOrders.flatMap((order) => [
          `${ORDER_NAMES[order]}, last to go`,
          "look-ups right",
          "all right",
        ]),
      ],
      rows: Array.from({ length: num_heads + 1 }, (_, gone) => ({
        name: String(num_heads - gone),
        values: drawnOrders.flatMap((order) => {
          const shares = curves[order][gone];
          return shares ? [gone ? `head ${orders[order][gone - 1]}` : "–", ...shares] : ["–", "–", "–"];
        }),
      })),
    },
    {
      caption: `what each head is worth, on ${ORDER_COUNT} other sequences`,
      precision: "in nats, 3 digits",
      columns: ["head", "gate", "slope of the loss at its gate", "loss without it alone"],
      rows: [
        { name: "none", values: ["–", "–", small(drawn.loss)] },
        ...Array.from(gradients, (slope, head) => ({
          name: String(head),
          values: [off.includes(head) ? "off" : "on", small(slope), small(without[head]!)],
        })),
      ],
    },
    ...(retrained.length
      ? [
          {
            caption: "after training on without these heads",
            columns: ["heads off", "steps", "look-ups right", "all right"],
            rows: retrained.map((each) => ({
              name: each.off.join(" ") || "none",
              values: [String(each.steps), each.accuracy, each.all_right],
            })),
          },
        ]
      : []),
  ];
}
