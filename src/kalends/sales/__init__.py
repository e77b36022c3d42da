"""What is sold before it is billed: payment links, discount codes, and checkouts, in which a buyer pays."""
