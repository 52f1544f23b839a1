/**
 * The format of the messages that the topic of `notifications` gets.
 */
export enum NotificationFormat {
  /**
   * The same text for every subscription.
   *
   * Amazon Q Developer in chat applications drops such a text.
   */
  TEXT = 'TEXT',

  /**
   * The text, and for subscriptions with the protocol HTTPS a custom notification of Amazon Q Developer in chat
   * applications, which shows it in Slack and Microsoft Teams.
   *
   * E-mail, SMS, Amazon SQS, AWS Lambda and the other protocols get the text. So one topic serves mailboxes and chats.
   * Every other subscription with the protocol HTTPS gets the JSON of the custom notification, too.
   *
   * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
   */
  CHAT = 'CHAT',
}
