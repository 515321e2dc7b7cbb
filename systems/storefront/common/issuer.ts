/**
 * Who signs the storefront's access tokens and for whom: one value for the service that signs, the
 * services that verify, and the gateway's definition.
 *
 * @module
 */

/** The exact `iss` claim. */
export const tokenIssuer = "https://storefront.example.com";

/** The `aud` claim that every part of the storefront asks for. */
export const tokenAudience = "storefront";
