import ECryptoPay

/// The page at `/`: each thing the sandbox does, with a line to try it.
enum SandboxUsage {
    static func text(url: String, credentials: Credentials) -> String {
        """
        A stand-in for ecryptopay: the documented API, webhooks, and faults on demand.
        Nothing here is real money; the account below is of this sandbox only.

        THE API, at \(url)/api/v1

          A token, good for every call below; put in your own password and secret:
            TOKEN=$(curl -s \(url)/api/v1/oauth/token -H 'Content-Type: application/json' -d '{"grant_type":"password",\
        "email":"\(credentials.email)","password":"PASSWORD","client_id":"\(credentials.clientID)","client_secret":"SECRET"}' \
        | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
          A new payment:
            curl \(url)/api/v1/payments/ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
        -d '{"amount":"150.00","currency":"btc"}'
          One payment, and all of them:
            curl \(url)/api/v1/payments/1 -H "Authorization: Bearer $TOKEN"
            curl \(url)/api/v1/payments -H "Authorization: Bearer $TOKEN"

        THE WORLD BEHIND IT

          The buyer pays: the payment moves, and a webhook tells of it:
            curl \(url)/sandbox/payments/1/state -d '{"state":"paid"}'
          What webhooks were sent, and what was answered:
            curl \(url)/sandbox/webhooks
          A webhook that somebody forges, sent just as it stands here:
            curl \(url)/sandbox/webhooks -d '{"id":1,"state":"paid","amount":"1.0","currency":"btc"}'
          How often each endpoint was called:
            curl \(url)/sandbox/counts
          Which payments were fetched again before an earlier fetch was answered, and how many fetches waited at once:
            curl \(url)/sandbox/overlaps

        FAULTS (each stays until changed; the answer shows all of them; rates are from 0 to 1)

          Late answers:                         curl \(url)/sandbox/faults -d '{"latency_ms":500}'
          An outage:                            curl \(url)/sandbox/faults -d '{"error_rate":1,"status":503}'
          A rate limit:                         curl \(url)/sandbox/faults -d '{"error_rate":1,"status":429,"retry_after":30}'
          No answer at all:                     curl \(url)/sandbox/faults -d '{"hang_rate":1}'
          Answers that break off:               curl \(url)/sandbox/faults -d '{"cut_rate":1}'
          Half a JSON text:                     curl \(url)/sandbox/faults -d '{"nonsense_rate":1}'
          All that for payments only, or token: curl \(url)/sandbox/faults -d '{"scope":"payments"}'
          Tokens good for seconds, from now on: curl \(url)/sandbox/faults -d '{"token_lifetime_s":30}'
          Tokens revoked, once:                 curl \(url)/sandbox/faults -d '{"revoke_tokens":true}'
          Tokens refused, always:               curl \(url)/sandbox/faults -d '{"refuse_tokens":true}'
          Reads that lag behind:                curl \(url)/sandbox/faults -d '{"lag_ms":5000}'
          Another amount, until it is null:     curl \(url)/sandbox/faults -d '{"amounts":{"1":"1.00"}}'
          Webhooks lost:                        curl \(url)/sandbox/faults -d '{"webhook_lost_rate":1}'
          Webhooks doubled:                     curl \(url)/sandbox/faults -d '{"webhook_doubled_rate":1}'
          Webhooks held back until the next:    curl \(url)/sandbox/faults -d '{"webhook_reordered_rate":1}'
          Webhooks delayed:                     curl \(url)/sandbox/faults -d '{"webhook_delay_ms":3000}'
          Forged ones beside:                   curl \(url)/sandbox/faults -d '{"webhook_forged_rate":1}'
          Webhooks labelled otherwise:          curl \(url)/sandbox/faults -d '{"webhook_content_type":"text/plain"}'
          What goes wrong now:                  curl \(url)/sandbox/faults
          All well again:                       curl -X DELETE \(url)/sandbox/faults

        """
    }
}
