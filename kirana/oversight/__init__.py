"""What the admin looks over: who did what, and which mails went out."""
