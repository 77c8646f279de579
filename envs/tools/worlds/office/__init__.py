"""An assistant's desk: mail, calendar, contacts and to-dos of one person."""
