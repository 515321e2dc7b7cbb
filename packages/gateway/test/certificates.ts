/**
 * Two self-signed pairs for tests, valid for a hundred years. They protect nothing: made with
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=<name>`.
 */
export interface TestCertificate {
  readonly crt: string;
  readonly key: string;
}

export const testCertificates: Readonly<Record<"first" | "second", TestCertificate>> = {
  first: {
    crt: `-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUHCMZO8BovPgayHhpx63LWY72NBgwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFZmlyc3QwIBcNMjYxMTIxMDcxMjM0WhgPMjEyNjEwMjgwNzEy
MzRaMBAxDjAMBgNVBAMMBWZpcnN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
27hFapLKNg6vYjdj0aj3KbgqJkd1h9TB70gSsPUx7nDpAOAtqrbpUd3IHQJrvBE/
xmyx3ISdSOKUEJ5THQ+JiKNTMFEwHQYDVR0OBBYEFJO/ZroBQECWHeE+ENhDzDnH
egkQMB8GA1UdIwQYMBaAFJO/ZroBQECWHeE+ENhDzDnHegkQMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIBOBlSlXWprVUVFbpUWDssjzl61OFuH
hmDMNDrdc+nEAiEAr2kDmjLSGzlNpdv4DWI51+bC3BPuc5yRYJR8ALArztU=
-----END CERTIFICATE-----
`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSZMdZlpVZAKHy2UD
tE4vMYow8B++Dfih9vN3lE2STn6hRANCAATbuEVqkso2Dq9iN2PRqPcpuComR3WH
1MHvSBKw9THucOkA4C2qtulR3cgdAmu8ET/GbLHchJ1I4pQQnlMdD4mI
-----END PRIVATE KEY-----
`,
  },
  second: {
    crt: `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUNS07KE7VIGlkaTj9m+TTUjf26OAwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGc2Vjb25kMCAXDTI2MTEyMTA3MTIzNFoYDzIxMjYxMDI4MDcx
MjM0WjARMQ8wDQYDVQQDDAZzZWNvbmQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARN8sqfWQx1BDYOwGdzk1oHo7P47HQZdvgK1hdx2Iw8I1d1ynRzuE7G8ox0egrY
a0IYojihiHujm2YZSOnT3thbo1MwUTAdBgNVHQ4EFgQUhPvxkngzlYICelpr2XeN
HLDMPRYwHwYDVR0jBBgwFoAUhPvxkngzlYICelpr2XeNHLDMPRYwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA89RubsGciyScOo2pVz3rH3bL3jcE9
dPi+wOZ1OB8pkwIgWaoClQMdwiijazS26Pq7j/5UXJF1lqa55yPO8H33u7k=
-----END CERTIFICATE-----
`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeWZFWMy2mXSoKyqG
oSMlMbLsxdK6s4gm6xqytyUWG1yhRANCAARN8sqfWQx1BDYOwGdzk1oHo7P47HQZ
dvgK1hdx2Iw8I1d1ynRzuE7G8ox0egrYa0IYojihiHujm2YZSOnT3thb
-----END PRIVATE KEY-----
`,
  },
};
