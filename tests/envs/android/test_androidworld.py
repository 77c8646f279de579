"""What AndroidWorld's tasks do to a phone to set themselves up, and what they read from it to judge."""


def test_a_prepared_message_goes_out_by_the_button_named_sms(full):
    full.shell('am start -a android.intent.action.SENDTO -d sms:+15551234567 --es sms_body "Late by ten"')
    full.settle()
    full.tap_on("SMS")
    full.advance(2_000)
    sent = full.shell("content query --uri content://sms/sent --projection address:body").output
    assert sent == b"Row: 0 address=+15551234567, body=Late by ten\n"
