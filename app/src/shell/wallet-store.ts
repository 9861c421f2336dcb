// Whether the list of wallets is open: buttons all over the page open it.
import { createStore } from "../chain/store.js";

export const walletMenu = createStore(false);
