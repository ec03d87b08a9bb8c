"""學期報告: marks, attendance, rewards and punishments of a term as a PDF to keep or to sign."""
