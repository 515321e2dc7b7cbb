/**
 * The German texts.
 *
 * @module
 */
import { formatMoney } from "../../common/money.ts";
import { linesTable, table, text, tokenBlocks } from "./blocks.ts";
import type { TemplateSet } from "./template.ts";

const locale = "de";
const words = { locale, total: "Summe" };
const code = { code: "Oder geben Sie diesen Code ein" };

export const german: TemplateSet = {
  locale,
  greeting: (name) => `Guten Tag ${name},`,
  signature: (shopName) => `Ihr ${shopName}-Team`,
  messages: {
    UserRegistered: (_data, context) => ({
      title: `Willkommen bei ${context.shopName}`,
      summary: "Ihr Konto ist eingerichtet.",
      blocks: [
        text("Ihr Konto ist eingerichtet. Bitte bestätigen Sie Ihre Adresse."),
        ...tokenBlocks(context, { ...code, label: "Adresse bestätigen", path: "verify-email" }),
      ],
    }),
    EmailVerificationRequested: (_data, context) => ({
      title: "Bitte bestätigen Sie Ihre Adresse",
      summary: "Wir haben Ihnen einen Link zur Bestätigung geschickt.",
      blocks: [
        text("Bitte bestätigen Sie, dass diese Adresse Ihnen gehört."),
        ...tokenBlocks(context, { ...code, label: "Adresse bestätigen", path: "verify-email" }),
      ],
    }),
    PasswordResetRequested: (_data, context) => ({
      title: "Neues Passwort setzen",
      summary: "Ein neues Passwort wurde angefordert; der Link kommt per Mail.",
      blocks: [
        text("Jemand, hoffentlich Sie, hat ein neues Passwort für Ihr Konto angefordert."),
        ...tokenBlocks(context, {
          ...code,
          label: "Neues Passwort setzen",
          path: "reset-password",
        }),
        text("Wenn Sie es nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist."),
      ],
    }),
    PasswordChanged: () => ({
      title: "Ihr Passwort wurde geändert",
      summary: "Ihr Passwort wurde geändert, andere Sitzungen wurden beendet.",
      blocks: [
        text("Ihr Passwort wurde geändert und Ihre anderen Sitzungen wurden beendet."),
        text("Wenn Sie es nicht waren, fordern Sie sofort ein neues Passwort an."),
      ],
    }),
    SessionReuseDetected: () => ({
      title: "Eine Ihrer Sitzungen wurde beendet",
      summary: "Ein altes Anmeldetoken kam noch einmal; wir haben die Sitzung beendet.",
      blocks: [
        text("Ein bereits benutztes Anmeldetoken kam noch einmal. Es könnte kopiert worden sein."),
        text("Wir haben die Sitzung beendet. Bitte melden Sie sich neu an."),
      ],
    }),
    OrderPlaced: (order) => ({
      title: `Bestellung ${order.number} ist eingegangen`,
      summary: `Wir halten Ihre Bestellung über ${formatMoney(order, locale)} bis zur Zahlung bereit.`,
      blocks: [
        text(`Danke für Ihre Bestellung ${order.number}. Wir halten sie bis zur Zahlung bereit.`),
        linesTable(order, words),
        text(`Bitte zahlen Sie vor ${utc(order.payBefore)}.`),
      ],
    }),
    OrderPaid: (order) => ({
      title: `Bestellung ${order.number} ist bezahlt`,
      summary: `Wir haben ${formatMoney(order, locale)} erhalten. Danke!`,
      blocks: [
        text(`Wir haben Ihre Zahlung für die Bestellung ${order.number} erhalten. Danke!`),
        linesTable(order, words),
        text("Wir melden uns, sobald sie unterwegs ist."),
      ],
    }),
    PaymentDeclined: (order) => ({
      title: `Zahlung für Bestellung ${order.number} ist nicht gelungen`,
      summary: "Es wurde nichts abgebucht. Bitte versuchen Sie es noch einmal.",
      blocks: [
        text(`Ihre Zahlung über ${formatMoney(order, locale)} ist nicht gelungen.`),
        text("Es wurde nichts abgebucht. Bitte versuchen Sie es mit einer anderen Karte."),
      ],
    }),
    OrderShipped: (order) => ({
      title: `Bestellung ${order.number} ist unterwegs`,
      summary: `Versand mit ${order.carrier}, Sendungsnummer ${order.trackingNumber}.`,
      blocks: [
        text(`Ihre Bestellung ${order.number} ist unterwegs.`),
        table([
          ["Versand", order.carrier],
          ["Sendungsnummer", order.trackingNumber],
        ]),
      ],
    }),
    OrderDelivered: (order) => ({
      title: `Bestellung ${order.number} wurde zugestellt`,
      summary: "Wir hoffen, sie gefällt Ihnen.",
      blocks: [text(`Ihre Bestellung ${order.number} wurde zugestellt. Viel Freude damit!`)],
    }),
    OrderCancelled: (order) => ({
      title: `Bestellung ${order.number} wurde storniert`,
      summary: order.refunded ? "Ihr Geld ist auf dem Weg zurück." : "Es wurde nichts abgebucht.",
      blocks: [
        text(`Ihre Bestellung ${order.number} wurde storniert.`),
        text(
          order.refunded
            ? `Wir erstatten ${formatMoney(order, locale)} auf die benutzte Karte.`
            : "Es wurde nichts abgebucht.",
        ),
      ],
    }),
    OrderExpired: (order) => ({
      title: `Bestellung ${order.number} ist verfallen`,
      summary: "Sie wurde nicht rechtzeitig bezahlt; es wurde nichts abgebucht.",
      blocks: [
        text(`Ihre Bestellung ${order.number} wurde nicht rechtzeitig bezahlt.`),
        text("Es wurde nichts abgebucht. Sie können gern neu bestellen."),
      ],
    }),
    PaymentRefunded: (order) => ({
      title: `Erstattung für Bestellung ${order.number}`,
      summary: `${formatMoney(order, locale)} wurde auf Ihre Karte erstattet.`,
      blocks: [
        text(`Wir haben ${formatMoney(order, locale)} auf die benutzte Karte erstattet.`),
        text("Bei Ihrer Bank kann es ein paar Tage dauern."),
      ],
    }),
  },
};

function utc(iso: string): string {
  return `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 16)} UTC`;
}
