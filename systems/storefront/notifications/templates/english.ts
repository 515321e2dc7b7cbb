/**
 * The English texts; also the fallback for languages that have none.
 *
 * @module
 */
import { formatMoney } from "../../common/money.ts";
import { linesTable, table, text, tokenBlocks } from "./blocks.ts";
import type { TemplateSet } from "./template.ts";

const locale = "en";
const words = { locale, total: "Total" };
const code = { code: "Or enter this code" };

export const english: TemplateSet = {
  locale,
  greeting: (name) => `Hello ${name},`,
  signature: (shopName) => `Your ${shopName} team`,
  messages: {
    UserRegistered: (_data, context) => ({
      title: `Welcome to ${context.shopName}`,
      summary: "Your account is ready.",
      blocks: [
        text("Your account is ready. Please confirm your address, so that we can reach you."),
        ...tokenBlocks(context, { ...code, label: "Confirm address", path: "verify-email" }),
      ],
    }),
    EmailVerificationRequested: (_data, context) => ({
      title: "Confirm your address",
      summary: "We sent a link to confirm your address.",
      blocks: [
        text("Please confirm that this address is yours."),
        ...tokenBlocks(context, { ...code, label: "Confirm address", path: "verify-email" }),
      ],
    }),
    PasswordResetRequested: (_data, context) => ({
      title: "Set a new password",
      summary: "A new password was asked for; we sent a link by mail.",
      blocks: [
        text("Somebody, we hope you, asked for a new password for your account."),
        ...tokenBlocks(context, { ...code, label: "Set a new password", path: "reset-password" }),
        text("If it was not you, do nothing: your password stays as it is."),
      ],
    }),
    PasswordChanged: () => ({
      title: "Your password was changed",
      summary: "Your password was changed and other sessions were ended.",
      blocks: [
        text("Your password was changed and your other sessions were ended."),
        text("If it was not you, ask for a new password at once."),
      ],
    }),
    SessionReuseDetected: () => ({
      title: "A session of yours was ended",
      summary: "An old sign-in token was used again, so we ended that session.",
      blocks: [
        text("A sign-in token that had already been used came again. It may have been copied."),
        text("We ended that session. Please log in again, and change your password if in doubt."),
      ],
    }),
    OrderPlaced: (order) => ({
      title: `Order ${order.number} received`,
      summary: `We keep your order over ${formatMoney(order, locale)} for you until it is paid.`,
      blocks: [
        text(`Thank you for your order ${order.number}. We keep it for you until it is paid.`),
        linesTable(order, words),
        text(`Please pay before ${utc(order.payBefore)}.`),
      ],
    }),
    OrderPaid: (order) => ({
      title: `Order ${order.number} is paid`,
      summary: `We received ${formatMoney(order, locale)}. Thank you!`,
      blocks: [
        text(`We received your payment for order ${order.number}. Thank you!`),
        linesTable(order, words),
        text("We tell you when it is on its way."),
      ],
    }),
    PaymentDeclined: (order) => ({
      title: `Payment for order ${order.number} did not go through`,
      summary: "Nothing was charged. Please try again or use another card.",
      blocks: [
        text(`Your payment of ${formatMoney(order, locale)} did not go through.`),
        text("Nothing was charged. Please try again or use another card."),
      ],
    }),
    OrderShipped: (order) => ({
      title: `Order ${order.number} is on its way`,
      summary: `${order.carrier} carries it; tracking number ${order.trackingNumber}.`,
      blocks: [
        text(`Your order ${order.number} is on its way.`),
        table([
          ["Carrier", order.carrier],
          ["Tracking number", order.trackingNumber],
        ]),
      ],
    }),
    OrderDelivered: (order) => ({
      title: `Order ${order.number} was delivered`,
      summary: "We hope you like it.",
      blocks: [text(`Your order ${order.number} was delivered. We hope you like it.`)],
    }),
    OrderCancelled: (order) => ({
      title: `Order ${order.number} was cancelled`,
      summary: order.refunded ? "Your money is on its way back." : "Nothing was charged.",
      blocks: [
        text(`Your order ${order.number} was cancelled.`),
        text(
          order.refunded
            ? `We give back ${formatMoney(order, locale)} to the card that you paid with.`
            : "Nothing was charged.",
        ),
      ],
    }),
    OrderExpired: (order) => ({
      title: `Order ${order.number} has expired`,
      summary: "It was not paid in time; nothing was charged.",
      blocks: [
        text(`Your order ${order.number} was not paid in time, so we let go of it.`),
        text("Nothing was charged. You are welcome to order again."),
      ],
    }),
    PaymentRefunded: (order) => ({
      title: `Your money for order ${order.number} is on its way back`,
      summary: `${formatMoney(order, locale)} was given back to your card.`,
      blocks: [
        text(`We gave back ${formatMoney(order, locale)} to the card that you paid with.`),
        text("Your bank may take a few days to show it."),
      ],
    }),
  },
};

function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
