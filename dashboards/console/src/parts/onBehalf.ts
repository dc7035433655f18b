/** Whether somebody speaks for a crew, or the crew for itself. */

import type { Order } from "../api/types";
import { useApi, useText } from "./contexts";

interface OnBehalf {
  /** A crew at its own order. */
  isOwn: (order: Order) => boolean;
  /** What an action is called: "Freed", or "Freed, on Demo Crew 1's behalf". */
  actionName: (label: string, order: Order) => string;
}

export function useOnBehalf(): OnBehalf {
  const { t } = useText();
  const { account } = useApi();
  const isOwn = (order: Order) => account.crew_id === order.crew_id;
  const actionName = (label: string, order: Order) =>
    isOwn(order) ? label : `${label}, ${t("action.on_behalf", { crew: order.crew_name })}`;
  return { isOwn, actionName };
}
