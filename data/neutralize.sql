-- A copy of the database sends nothing through the account of the original: base
-- archives every mail server, and without its secret key a Mailjet server cannot be
-- reactivated by mistake.
UPDATE ir_mail_server
   SET smtp_pass = NULL,
       mailjet_reports_sent = FALSE,
       mailjet_callbacks_read_on = NULL,
       mailjet_event_problem = NULL,
       mailjet_event_checked_on = NULL,
       mailjet_catch_up_from = NULL,
       mailjet_catch_up_to = NULL,
       mailjet_catch_up_offset = 0,
       mailjet_exclusion_direction = 'off',
       mailjet_paused_until = NULL,
       mailjet_paused_since = NULL,
       mailjet_pause_words = NULL,
       mailjet_pause_count = 0,
       mailjet_policy_pause = FALSE,
       mailjet_state = 'untested',
       mailjet_failure = NULL
 WHERE smtp_authentication = 'mailjet'
    OR mailjet_purpose IS NOT NULL;

-- Mailjet keeps posting to the original; the copy is not registered
DELETE FROM mailjet_callback;

-- Also of a server that is no longer Mailjet's
UPDATE ir_mail_server
   SET mailjet_event_token = NULL,
       mailjet_event_old_token = NULL,
       mailjet_event_password = NULL;

-- What was typed and never used
UPDATE mailjet_setup SET api_key = NULL, secret_key = NULL;
UPDATE mailjet_smtp_test SET smtp_pass = NULL;
